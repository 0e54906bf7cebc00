package io.neurovisor.tests.sandbox;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/** The command {@code ./neurovisor sandbox} by the daemon at a socket, and what a test asks about its machines. */
final class SandboxCommand {
    private SandboxCommand() {}

    static CommandLineRun of(Path socket, String... arguments) {
        return CommandLineRun.await(start(socket, arguments));
    }

    static Process start(Path socket, String... arguments) {
        return CommandLineRun.start(environment(socket), command(arguments));
    }

    /** Starts a command whose input stays open. */
    static Process launch(Path socket, String... arguments) {
        return CommandLineRun.launch(environment(socket), command(arguments));
    }

    static Map<String, String> environment(Path socket) {
        return Map.of("NEUROVISOR_DAEMON", "on", "NEUROVISOR_SOCKET", socket.toString());
    }

    private static String[] command(String... arguments) {
        return Stream.concat(Stream.of("sandbox"), Stream.of(arguments)).toArray(String[]::new);
    }

    static ManagedChannel channel(Path socket) {
        return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .eventLoopGroup(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()))
                .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                .usePlaintext()
                .build();
    }

    static boolean isStopped(ProcessHandle process) {
        return proc(process, "stat").contains(") T ");
    }

    /** Overwrites the memory of the guest until its VMM ends, because the guest's kernel has died. */
    static void overwriteMemory(ProcessHandle vmm) throws IOException {
        Path process = Path.of("/proc", Long.toString(vmm.pid()));
        String[] range = Files.readAllLines(process.resolve("maps")).stream()
                .filter(mapping -> mapping.contains(" rw-p ") && mapping.endsWith("/memory"))
                .map(mapping -> mapping.substring(0, mapping.indexOf(' ')).split("-"))
                .findFirst()
                .orElseThrow();
        long end = Long.parseUnsignedLong(range[1], 16);
        byte[] garbage = new byte[1 << 20];
        Arrays.fill(garbage, (byte) 0xff);
        try (FileChannel memory = FileChannel.open(process.resolve("mem"), StandardOpenOption.WRITE)) {
            int written = garbage.length;
            // Nothing can be written into the memory of a process that has ended.
            for (long position = Long.parseUnsignedLong(range[0], 16);
                    position < end && written > 0;
                    position += written) {
                written = memory.write(ByteBuffer.wrap(garbage), position);
            }
        } catch (IOException exception) {
            if (vmm.isAlive()) {
                throw exception;
            }
        }
    }

    private static String proc(ProcessHandle process, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), file));
        } catch (IOException exception) {
            if (process.isAlive()) {
                throw new UncheckedIOException(exception);
            }
            return "";
        }
    }
}
