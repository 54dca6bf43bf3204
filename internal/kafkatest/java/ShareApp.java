import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Scanner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * One member of a share group (KIP-932, brokers from 4.1), which acknowledges all it gets.
 *
 * Arguments: BOOTSTRAP GROUP TOPIC [KEY=VALUE...]     (consumer properties)
 *
 * READY: the group is stable as the broker describes it, and has no lag: all records of all partitions are
 * acknowledged. (Brokers before 4.2 tell no lag: there it is as many acknowledged as there are.) The start offsets may still be 0 then: they move when something is acknowledged after that.
 * Commands:
 *   first PARTITION OFFSET   fails unless the record with the lowest offset that it got of that partition is the one at OFFSET
 *   close                    the orderly end
 */
public class ShareApp {
    static volatile boolean closing;
    static final AtomicLong acknowledged = new AtomicLong();
    static final Map<Integer, Long> first = new ConcurrentHashMap<>(); // the lowest offset read, by partition

    public static void main(String[] args) throws Exception {
        // A dead thread must end the program: others would keep it alive, and the test waiting.
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        String group = args[1];
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", args[0]);
        config.put("group.id", group);
        config.put("client.id", "share-1");
        for (String arg : Arrays.asList(args).subList(3, args.length)) {
            String[] pair = arg.split("=", 2);
            config.put(pair[0], pair[1]);
        }
        Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]));
        // Where a share group begins is a setting of the group, and "latest" unless set before the first member.
        var earliest = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
        var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(earliest))).all().get();
        var consumer = new KafkaShareConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.setAcknowledgementCommitCallback((offsets, e) -> {
            if (e == null) {
                offsets.values().forEach(o -> acknowledged.addAndGet(o.size()));
            }
        });
        consumer.subscribe(List.of(args[2]));
        Thread polling = new Thread(() -> {
            while (!closing) {
                for (var r : consumer.poll(Duration.ofMillis(50))) { // acknowledges what the poll before returned
                    first.merge(r.partition(), r.offset(), Math::min);
                }
            }
            consumer.close();
        });
        polling.start();
        while (!ready(admin, group, args[2])) {
            Thread.sleep(100);
        }
        System.out.println("READY");
        Scanner in = new Scanner(System.in);
        while (in.hasNextLine()) {
            String line = in.nextLine();
            if (line.equals("close")) {
                break;
            }
            String[] word = line.split(" ");
            Long read = word[0].equals("first") ? first.get(Integer.valueOf(word[1])) : null;
            boolean right = read != null && read == Long.parseLong(word[2]);
            System.out.println((right ? "OK " : "FAILED ") + line);
        }
        closing = true;
        polling.join();
        admin.close();
        System.out.println("OK close");
    }

    static boolean ready(Admin admin, String group, String topic) throws Exception {
        ShareGroupDescription d;
        try {
            d = admin.describeShareGroups(List.of(group)).all().get().get(group);
        } catch (java.util.concurrent.ExecutionException e) {
            return false; // not there yet
        }
        if (d.groupState() != GroupState.STABLE || d.members().size() != 1) {
            return false;
        }
        var partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
            .map(p -> new TopicPartition(topic, p.partition())).toList();
        var offsets = admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
            .partitionsToOffsetInfo(group).get();
        if (partitions.stream().anyMatch(p -> offsets.get(p) == null)) {
            return false;
        }
        if (partitions.stream().allMatch(p -> offsets.get(p).lag().equals(Optional.of(0L)))) {
            return true;
        }
        var latest = partitions.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()));
        long records = admin.listOffsets(latest).all().get().values().stream().mapToLong(o -> o.offset()).sum();
        return partitions.stream().allMatch(p -> offsets.get(p).lag().isEmpty()) && acknowledged.get() >= records;
    }
}
