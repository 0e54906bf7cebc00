import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import jdk.internal.access.SharedSecrets;
import jdk.internal.misc.Signal;

/**
 * The driver of Java contexts: runs cells that the guest agent sends over the socket at descriptor 3.
 *
 * <p>docs/design/interpreter.md describes requests and frames. The process also runs the code of users, so the agent trusts nothing it
 * sends.
 */
final class Main {
    private static final int SOCKET = 3;

    private Main() {}

    public static void main(String[] arguments) {
        FileDescriptor socket = new FileDescriptor();
        SharedSecrets.getJavaIOFileDescriptorAccess().set(socket, SOCKET);
        // As in E2B's kernel: the variables of the sandbox are system properties, too, unless one has that name.
        System.getenv().forEach(System.getProperties()::putIfAbsent);
        Frames frames = new Frames(new FileOutputStream(socket));
        Shell shell = new Shell(frames);
        Refresh refresh = new Refresh();
        Signal.handle(new Signal("INT"), _ -> shell.interrupt());
        Signal.handle(new Signal("URG"), _ -> refresh.bySignal());
        BlockingQueue<Runnable> requests = new LinkedBlockingQueue<>();
        Thread.ofPlatform().daemon().name("requests").start(() -> {
            try (BufferedInputStream source = new BufferedInputStream(new FileInputStream(socket))) {
                while (true) {
                    requests.add(next(new Fields(source), shell, refresh));
                }
            } catch (IOException end) {
                // The agent has closed its end.
                Runtime.getRuntime().halt(0);
            }
        });
        frames.send("{\"type\":\"ready\"}", "");
        while (true) {
            try {
                requests.take().run();
            } catch (InterruptedException ignored) {
                // Code of the user has found this thread.
            }
        }
    }

    private static Runnable next(Fields fields, Shell shell, Refresh refresh) throws IOException {
        return switch (fields.text()) {
            case "execute" -> {
                Cell cell = Cell.receive(fields);
                yield () -> shell.run(cell);
            }
            case "inspect" -> {
                String id = fields.text();
                yield () -> shell.inspect(id);
            }
            case "refresh" -> {
                long count = Long.parseLong(fields.text());
                yield () -> refresh.byRequest(count);
            }
            case String unknown -> throw new IOException("an unknown request: " + unknown);
        };
    }
}
