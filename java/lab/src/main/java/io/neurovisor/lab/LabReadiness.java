package io.neurovisor.lab;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.StorageFaults;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** Waits for a lab machine to report that it has started. QEMU connects to the socket, so that no polling is needed. */
final class LabReadiness implements AutoCloseable {
    private static final String READY = "ready";

    private final Path socket;
    private final ServerSocketChannel server;

    private LabReadiness(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    /** In a directory with a short path, because the path of a socket has at most 107 bytes (unix(7)). */
    static LabReadiness listen() {
        try {
            // Only its owner has access to the directory.
            return listen(Files.createTempDirectory("neurovisor-lab-").resolve("ready"));
        } catch (IOException failure) {
            throw StorageFaults.of(
                    "make a directory in", Path.of(System.getProperty("java.io.tmpdir", "/tmp")), failure);
        }
    }

    private static LabReadiness listen(Path socket) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            return new LabReadiness(socket, server);
        } catch (IOException failure) {
            throw StorageFaults.of("listen at", socket, failure);
        }
    }

    Path socket() {
        return socket;
    }

    /** Completes with true when the machine is ready, with false if it disconnects before. */
    CompletableFuture<Boolean> ready() {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("lab-readiness").start(() -> {
            try (SocketChannel machine = server.accept();
                    BufferedReader lines = new BufferedReader(Channels.newReader(machine, StandardCharsets.US_ASCII))) {
                String line = lines.readLine();
                ready.complete(line != null && line.strip().equals(READY));
            } catch (IOException hungUp) {
                ready.complete(false);
            }
        });
        return ready;
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(socket);
            Files.deleteIfExists(requireNonNull(socket.getParent(), "a socket has a directory"));
        } catch (IOException failure) {
            throw StorageFaults.of("remove", socket, failure);
        }
    }
}
