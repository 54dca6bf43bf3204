import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.stream.Collectors;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * A Flink job in this JVM that reads a topic with KafkaSource and commits on every checkpoint, one a second.
 *
 * Arguments: BOOTSTRAP GROUP TOPIC [KEY=VALUE...]     (consumer properties)
 *
 * READY: the end of every partition is committed. (Flink commits nothing for a partition without records.)
 * Commands: close. It cancels the job.
 *
 * The job is made of Flink's own classes only: a class of this file would not be found by Flink's class loader.
 */
public class FlinkJob {
    public static void main(String[] args) throws Exception {
        // A dead thread must end the program: others would keep it alive, and the test waiting.
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        String group = args[1];
        String topic = args[2];
        var source = KafkaSource.<String>builder().setBootstrapServers(args[0]).setGroupId(group).setTopics(topic)
            .setStartingOffsets(OffsetsInitializer.earliest()).setValueOnlyDeserializer(new SimpleStringSchema());
        for (String arg : Arrays.asList(args).subList(3, args.length)) {
            String[] pair = arg.split("=", 2);
            source.setProperty(pair[0], pair[1]);
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, new Configuration());
        env.enableCheckpointing(1000);
        env.fromSource(source.build(), WatermarkStrategy.noWatermarks(), "kafka").sinkTo(new DiscardingSink<>());
        JobClient job = env.executeAsync();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            while (!committed(admin, group, topic)) {
                if (job.getJobStatus().get().isTerminalState()) {
                    job.getJobExecutionResult().get(); // throws the reason
                }
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
        job.cancel().get();
        System.out.println("OK close");
        System.exit(0); // Flink's threads are not all daemons
    }

    static boolean committed(Admin admin, String group, String topic) throws Exception {
        var partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
            .map(p -> new TopicPartition(topic, p.partition())).toList();
        var ends = admin.listOffsets(partitions.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()))).all().get();
        var committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        return partitions.stream().allMatch(p -> committed.get(p) != null && committed.get(p).offset() == ends.get(p).offset());
    }
}
