import java.io.FileReader;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** Makes a topic as each of several clients: the arguments are the broker, and the properties of each client. */
public class KafkaClients {
    public static void main(String[] args) throws Exception {
        for (int i = 1; i < args.length; i++) {
            var properties = new Properties();
            try (var file = new FileReader(args[i])) {
                properties.load(file);
            }
            properties.put("bootstrap.servers", args[0]);
            properties.put("request.timeout.ms", "20000");
            System.out.println(i + " " + makeTopic(properties, "topic-" + i));
        }
    }

    private static String makeTopic(Properties properties, String name) throws InterruptedException {
        try (var admin = Admin.create(properties)) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
            return "made";
        } catch (ExecutionException failed) {
            return failed.getCause().getClass().getSimpleName();
        }
    }
}
