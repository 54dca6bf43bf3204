import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Scanner;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's own tools one after the other in one JVM: a JVM for each takes seconds where many are to be run.
 *
 * Arguments: BOOTSTRAP FOLDER
 *
 * READY: it has started.
 * Commands: CLASS ARGUMENT... each in Base64, runs a tool; what it prints is in the files out and err of FOLDER then,
 * and its exit status in the file exit.
 */
public class ToolApp {
    static class Exited extends RuntimeException {
        final int status;

        Exited(int status) {
            this.status = status;
        }
    }

    public static void main(String[] args) throws Exception {
        Exit.setExitProcedure((status, message) -> {
            throw new Exited(status);
        });
        PrintStream out = System.out;
        out.println("READY");
        Scanner in = new Scanner(System.in);
        while (in.hasNextLine()) {
            String line = in.nextLine();
            String[] word = Arrays.stream(line.split(" "))
                .map(w -> new String(Base64.getDecoder().decode(w), StandardCharsets.UTF_8)).toArray(String[]::new);
            run(Path.of(args[1]), word[0], Arrays.copyOfRange(word, 1, word.length));
            out.println("OK " + line);
        }
    }

    static void run(Path folder, String name, String[] args) throws Exception {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        int status = 0;
        try {
            Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (java.lang.reflect.InvocationTargetException e) {
            if (e.getCause() instanceof Exited) {
                status = ((Exited) e.getCause()).status;
            } else {
                e.getCause().printStackTrace();
                status = 1; // as of every Java program
            }
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        Files.write(folder.resolve("out"), printed.toByteArray());
        Files.write(folder.resolve("err"), errors.toByteArray());
        Files.writeString(folder.resolve("exit"), Integer.toString(status));
    }
}
