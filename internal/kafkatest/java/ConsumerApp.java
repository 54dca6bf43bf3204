import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Scanner;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Plain consumers of one group.
 *
 * Arguments: BOOTSTRAP GROUP TOPIC[,TOPIC...] auto|manual|assign [KEY=VALUE...]
 *   auto    subscribe, enable.auto.commit every 500 ms
 *   manual  subscribe, commit by command only
 *   assign  assign() without a subscription, commit by command only: a simple group without members
 * KEY=VALUE is a consumer property (group.protocol=consumer, session.timeout.ms=6000, ...), or members=N. Member i of
 * 1..N has the client.id (default "app") and the group.instance.id (default none) with "-i" behind.
 *
 * READY: all partitions are assigned and read to their ends; a subscribed group is stable as the broker describes
 * it; with auto, the ends are committed.
 * Commands:
 *   sync | async                              every member commits its positions with commitSync or commitAsync
 *   commit PARTITION OFFSET EPOCH METADATA... of the first topic, by its owner; EPOCH - is none
 *   first PARTITION OFFSET                    fails unless the first record read of that partition of the first topic,
 *                                             by whichever member, is the one at OFFSET
 *   close                                     the orderly end
 */
public class ConsumerApp {
    static final Map<String, String> config = new HashMap<>();
    static String mode;
    static String group;
    static List<String> topics;
    static List<TopicPartition> partitions;
    static final List<Member> members = new ArrayList<>();
    static final Map<TopicPartition, Long> first = new ConcurrentHashMap<>(); // offsets of the first records read

    public static void main(String[] args) throws Exception {
        // A dead thread must end the program: others would keep it alive, and the test waiting.
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        group = args[1];
        topics = Arrays.asList(args[2].split(","));
        mode = args[3];
        config.put("bootstrap.servers", args[0]);
        config.put("group.id", group);
        config.put("client.id", "app");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", Boolean.toString(mode.equals("auto")));
        config.put("auto.commit.interval.ms", "500");
        config.put("heartbeat.interval.ms", "500");
        for (String arg : Arrays.asList(args).subList(4, args.length)) {
            String[] pair = arg.split("=", 2);
            config.put(pair[0], pair[1]);
        }
        if ("consumer".equals(config.get("group.protocol"))) {
            config.remove("heartbeat.interval.ms"); // the broker's business in that protocol
        }
        int n = Integer.parseInt(config.getOrDefault("members", "1"));
        config.remove("members");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            partitions = partitions(admin);
            for (int i = 1; i <= n; i++) {
                members.add(new Member(i, n));
            }
            members.forEach(Thread::start);
            while (!ready(admin)) {
                Thread.sleep(100);
            }
        }
        System.out.println("READY");
        Scanner in = new Scanner(System.in);
        String line = "";
        while (!line.equals("close")) {
            line = in.hasNextLine() ? in.nextLine() : "close";
            try {
                obey(line.split(" ", 5));
                System.out.println("OK " + line);
            } catch (Exception e) {
                e.printStackTrace();
                System.out.println("FAILED " + line);
            }
        }
    }

    static List<TopicPartition> partitions(Admin admin) throws Exception {
        List<TopicPartition> all = new ArrayList<>();
        for (TopicDescription t : admin.describeTopics(topics).allTopicNames().get().values()) {
            t.partitions().forEach(p -> all.add(new TopicPartition(t.name(), p.partition())));
        }
        return all;
    }

    static boolean ready(Admin admin) throws Exception {
        AtomicInteger atEnd = new AtomicInteger();
        for (Member m : members) {
            m.run(c -> {
                // Not position(): that blocks, and with it the rebalance that takes the partition away.
                c.assignment().forEach(p -> atEnd.addAndGet(c.currentLag(p).equals(OptionalLong.of(0)) ? 1 : 0));
                return null;
            });
        }
        if (atEnd.get() != partitions.size()) {
            return false;
        }
        if (mode.equals("assign")) {
            return true;
        }
        ConsumerGroupDescription d = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        int assigned = d.members().stream().mapToInt(m -> m.assignment().topicPartitions().size()).sum();
        if (d.groupState() != GroupState.STABLE || d.members().size() != members.size() || assigned != partitions.size()) {
            return false;
        }
        if (!mode.equals("auto")) {
            return true;
        }
        var ends = admin.listOffsets(partitions.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()))).all().get();
        var committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        return partitions.stream().allMatch(p -> committed.get(p) != null && committed.get(p).offset() == ends.get(p).offset());
    }

    static void obey(String[] word) throws Exception {
        switch (word[0]) {
            case "sync":
                each(c -> {
                    c.commitSync();
                    return null;
                });
                break;
            case "async":
                each(c -> {
                    CompletableFuture<Void> done = new CompletableFuture<>();
                    c.commitAsync((offsets, e) -> {
                        if (e == null) {
                            done.complete(null);
                        } else {
                            done.completeExceptionally(e);
                        }
                    });
                    return done;
                });
                break;
            case "commit":
                TopicPartition tp = new TopicPartition(topics.get(0), Integer.parseInt(word[1]));
                Optional<Integer> epoch = word[3].equals("-") ? Optional.empty() : Optional.of(Integer.valueOf(word[3]));
                var offset = new OffsetAndMetadata(Long.parseLong(word[2]), epoch, word.length > 4 ? word[4] : "");
                each(c -> {
                    if (c.assignment().contains(tp)) {
                        c.commitSync(Map.of(tp, offset));
                    }
                    return null;
                });
                break;
            case "first":
                Long read = first.get(new TopicPartition(topics.get(0), Integer.parseInt(word[1])));
                if (read == null || read != Long.parseLong(word[2])) {
                    throw new IllegalStateException("the first record read is at " + read);
                }
                break;
            case "close":
                for (Member m : members) {
                    m.closing = true;
                    m.join();
                }
                break;
            default:
                throw new IllegalArgumentException("unknown command");
        }
    }

    static void each(Function<KafkaConsumer<?, ?>, CompletableFuture<Void>> task) throws Exception {
        for (Member m : members) {
            m.run(task);
        }
    }

    /** One consumer; only its own thread touches it, between two polls. */
    static class Member extends Thread {
        final KafkaConsumer<byte[], byte[]> consumer;
        final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        volatile boolean closing;

        Member(int i, int n) {
            Properties p = new Properties();
            p.putAll(config);
            p.put("client.id", config.get("client.id") + "-" + i);
            p.computeIfPresent("group.instance.id", (k, v) -> v + "-" + i);
            consumer = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            if (mode.equals("assign")) {
                consumer.assign(partitions.stream().filter(tp -> tp.partition() % n == i - 1).toList());
            } else {
                consumer.subscribe(topics);
            }
        }

        @Override
        public void run() {
            while (!closing) {
                for (var r : consumer.poll(Duration.ofMillis(50))) {
                    first.putIfAbsent(new TopicPartition(r.topic(), r.partition()), r.offset());
                }
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
            consumer.close();
        }

        /** Runs a task in the consumer's thread, and waits for it and for what it returns. */
        void run(Function<KafkaConsumer<?, ?>, CompletableFuture<Void>> task) throws Exception {
            CompletableFuture<CompletableFuture<Void>> result = new CompletableFuture<>();
            tasks.add(() -> {
                try {
                    result.complete(task.apply(consumer));
                } catch (Exception e) {
                    result.completeExceptionally(e);
                }
            });
            CompletableFuture<Void> rest = result.get(60, TimeUnit.SECONDS);
            if (rest != null) {
                rest.get(60, TimeUnit.SECONDS);
            }
        }
    }
}
