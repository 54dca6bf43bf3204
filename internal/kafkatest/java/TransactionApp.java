import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A transactional producer that commits offsets for a consumer group with sendOffsetsToTransaction.
 *
 * Arguments: BOOTSTRAP GROUP TOPIC TRANSACTIONAL-ID [KEY=VALUE...]
 * KEY=VALUE is a producer property (transaction.timeout.ms=...), or consumer=true: then the offsets are those of a
 * member of the group, a consumer that this program keeps; the default is a group without members.
 *
 * READY: the transactional id is initialized and, with consumer=true, the consumer has all partitions.
 * Commands:
 *   offsets PARTITION=OFFSET...  begins a transaction if none is open, and adds offsets to it
 *   commit | abort               ends it; confirmed when all markers are written and what OffsetFetch says is stable
 *   close                        the orderly end, which aborts an open transaction. To leave one open, Kill: it lasts
 *                                until transaction.timeout.ms (default 60 s)
 */
public class TransactionApp {
    static String group;
    static String topic;
    static String id;
    static Admin admin;
    static KafkaProducer<byte[], byte[]> producer;
    static KafkaConsumer<byte[], byte[]> consumer;
    static final Map<TopicPartition, OffsetAndMetadata> open = new HashMap<>();

    public static void main(String[] args) throws Exception {
        group = args[1];
        topic = args[2];
        id = args[3];
        Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", args[0], "transactional.id", id));
        for (String arg : Arrays.asList(args).subList(4, args.length)) {
            String[] pair = arg.split("=", 2);
            config.put(pair[0], pair[1]);
        }
        boolean member = "true".equals(config.remove("consumer"));
        admin = Admin.create(Map.of("bootstrap.servers", args[0]));
        producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
        if (member) {
            Map<String, Object> reading = Map.of("bootstrap.servers", args[0], "group.id", group, "auto.offset.reset", "earliest",
                "enable.auto.commit", "false", "isolation.level", "read_committed");
            consumer = new KafkaConsumer<>(reading, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer.subscribe(List.of(topic));
            int n = consumer.partitionsFor(topic).size();
            while (consumer.assignment().size() < n) {
                consumer.poll(Duration.ofMillis(50));
            }
        }
        System.out.println("READY");
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> {
            Scanner in = new Scanner(System.in);
            while (in.hasNextLine()) {
                lines.add(in.nextLine());
            }
            lines.add("close");
        });
        reader.setDaemon(true);
        reader.start();
        for (String line = ""; !"close".equals(line); ) {
            line = member ? lines.poll() : lines.take();
            if (line == null) {
                consumer.poll(Duration.ofMillis(50));
                continue;
            }
            try {
                obey(line.split(" "));
                System.out.println("OK " + line);
            } catch (Exception e) {
                e.printStackTrace();
                System.out.println("FAILED " + line);
            }
        }
    }

    @SuppressWarnings("removal") // of ConsumerGroupMetadata(group): still the only way to commit for a group without members
    static void obey(String[] word) throws Exception {
        switch (word[0]) {
            case "offsets":
                if (open.isEmpty()) {
                    producer.beginTransaction();
                }
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (String arg : Arrays.asList(word).subList(1, word.length)) {
                    String[] pair = arg.split("=");
                    TopicPartition tp = new TopicPartition(topic, Integer.parseInt(pair[0]));
                    offsets.put(tp, new OffsetAndMetadata(Long.parseLong(pair[1])));
                }
                var member = consumer != null ? consumer.groupMetadata() : new ConsumerGroupMetadata(group);
                producer.sendOffsetsToTransaction(offsets, member);
                open.putAll(offsets);
                break;
            case "commit":
                producer.commitTransaction();
                await(TransactionState.COMPLETE_COMMIT);
                while (!committed().entrySet().containsAll(open.entrySet())) {
                    Thread.sleep(50);
                }
                open.clear();
                break;
            case "abort":
                producer.abortTransaction();
                await(TransactionState.COMPLETE_ABORT);
                committed();
                open.clear();
                break;
            case "close":
                producer.close();
                if (consumer != null) {
                    consumer.close();
                }
                admin.close();
                break;
            default:
                throw new IllegalArgumentException("unknown command");
        }
    }

    /** The coordinator says complete when every partition of the transaction has its marker. */
    static void await(TransactionState state) throws Exception {
        while (admin.describeTransactions(List.of(id)).description(id).get().state() != state) {
            Thread.sleep(50);
        }
    }

    /** Asks for stable offsets: the request is repeated, by the client, while one is pending. */
    static Map<TopicPartition, OffsetAndMetadata> committed() throws Exception {
        var stable = new ListConsumerGroupOffsetsOptions().requireStable(true);
        return admin.listConsumerGroupOffsets(group, stable).partitionsToOffsetAndMetadata().get();
    }
}
