import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Scanner;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;

/**
 * A Kafka Streams application that copies one topic to another.
 *
 * Arguments: BOOTSTRAP APPLICATION-ID FROM TO [KEY=VALUE...]
 * KEY=VALUE is a Streams property; group.protocol=streams (KIP-1071) needs brokers from 4.2, the default is a
 * classic group. The application id is the group.
 *
 * READY: the application runs and has committed the end of every partition of FROM.
 * Commands: close. It does not leave a classic group: Streams never does, the broker removes the member when its
 * session.timeout.ms (default 45000) is over.
 */
public class StreamsApp {
    public static void main(String[] args) throws Exception {
        // A dead thread must end the program: others would keep it alive, and the test waiting.
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        String from = args[2];
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("application.id", args[1]);
        config.put("client.id", "streams");
        config.put("default.key.serde", Serdes.ByteArraySerde.class);
        config.put("default.value.serde", Serdes.ByteArraySerde.class);
        config.put("auto.offset.reset", "earliest");
        config.put("commit.interval.ms", "200");
        for (String arg : Arrays.asList(args).subList(4, args.length)) {
            String[] pair = arg.split("=", 2);
            config.put(pair[0], pair[1]);
        }
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(from).to(args[3]);
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            while (streams.state() != KafkaStreams.State.RUNNING || !committed(admin, args[1], from)) {
                Thread.sleep(100);
            }
        }
        System.out.println("READY");
        Scanner in = new Scanner(System.in);
        while (in.hasNextLine()) {
            String line = in.nextLine();
            if (line.equals("close")) {
                break;
            }
            System.out.println("FAILED " + line);
        }
        if (!streams.close(Duration.ofSeconds(60))) {
            throw new IllegalStateException("Streams does not close");
        }
        System.out.println("OK close");
    }

    static boolean committed(Admin admin, String group, String topic) throws Exception {
        var partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
            .map(p -> new TopicPartition(topic, p.partition())).toList();
        var ends = admin.listOffsets(partitions.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()))).all().get();
        var committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        return partitions.stream().allMatch(p -> committed.get(p) != null && committed.get(p).offset() == ends.get(p).offset());
    }
}
