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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** The command {@code ./neurovisor sandbox} by the daemon at a socket, and what a test asks about its machines. */
final class SandboxCommand {
    private SandboxCommand() {}

    static CommandLineRun of(Path socket, String... arguments) {
        return CommandLineRun.await(start(socket, arguments));
    }

    static Process start(Path socket, String... arguments) {
        return CommandLineRun.start(
                Map.of("NEUROVISOR_DAEMON", "on", "NEUROVISOR_SOCKET", socket.toString()),
                Stream.concat(Stream.of("sandbox"), Stream.of(arguments)).toArray(String[]::new));
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
