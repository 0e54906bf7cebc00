package io.neurovisor.tests.hostile.guest;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.Future;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.guest.GuestServiceGrpc;
import io.neurovisor.proto.guest.RefreshRequest;
import io.neurovisor.proto.guest.RefreshResponse;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** An agent on a Unix socket that answers each execution by a script. */
final class ScriptedAgent implements AutoCloseable {
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Path socket;
    private final Server server;
    private final Queue<Channel> connections = new ConcurrentLinkedQueue<>();

    private ScriptedAgent(Path socket, Consumer<StreamObserver<ExecuteChunk>> script) throws IOException {
        this.socket = socket;
        this.server = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(this::listening)
                .bossEventLoopGroup(eventLoop)
                .workerEventLoopGroup(eventLoop)
                .addService(new Guest())
                .addService(new Execution(script))
                .build()
                .start();
    }

    static ScriptedAgent start(Path directory, Consumer<StreamObserver<ExecuteChunk>> script) throws IOException {
        return new ScriptedAgent(directory.resolve("agent"), script);
    }

    Path socket() {
        return socket;
    }

    /** Writes raw frames between those of the HTTP/2 stack; returns whether the host accepted them. */
    boolean write(byte[] frames) {
        Channel connection = connections.element();
        ChannelHandlerContext outermost = connection.pipeline().firstContext();
        return outermost != null
                && outermost
                        .writeAndFlush(Unpooled.wrappedBuffer(frames))
                        .awaitUninterruptibly()
                        .isSuccess();
    }

    @Override
    public void close() {
        server.shutdownNow();
        Future<?> _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    /** Returns a server channel that records accepted connections. */
    private ServerChannel listening() {
        NioServerDomainSocketChannel channel = new NioServerDomainSocketChannel();
        channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object accepted) {
                connections.add((Channel) accepted);
                context.fireChannelRead(accepted);
            }
        });
        return channel;
    }

    private static final class Guest extends GuestServiceGrpc.GuestServiceImplBase {
        @Override
        public void refresh(RefreshRequest request, StreamObserver<RefreshResponse> answer) {
            answer.onNext(RefreshResponse.getDefaultInstance());
            answer.onCompleted();
        }
    }

    private static final class Execution extends ExecutionServiceGrpc.ExecutionServiceImplBase {
        private final Consumer<StreamObserver<ExecuteChunk>> script;

        Execution(Consumer<StreamObserver<ExecuteChunk>> script) {
            this.script = script;
        }

        @Override
        public void executeStream(ExecuteRequest request, StreamObserver<ExecuteChunk> answer) {
            script.accept(new Patient((ServerCallStreamObserver<ExecuteChunk>) answer));
        }
    }

    /** Sends with back-pressure, so that an endless script fills no buffers; stops when the host closes the connection. */
    private static final class Patient implements StreamObserver<ExecuteChunk> {
        private final ServerCallStreamObserver<ExecuteChunk> answer;

        Patient(ServerCallStreamObserver<ExecuteChunk> answer) {
            this.answer = answer;
        }

        @Override
        public void onNext(ExecuteChunk chunk) {
            while (!answer.isReady() && !answer.isCancelled()) {
                Thread.onSpinWait();
            }
            if (answer.isCancelled()) {
                throw new CancellationException("the host has hung up");
            }
            answer.onNext(chunk);
        }

        @Override
        public void onError(Throwable problem) {
            answer.onError(problem);
        }

        @Override
        public void onCompleted() {
            answer.onCompleted();
        }
    }
}
