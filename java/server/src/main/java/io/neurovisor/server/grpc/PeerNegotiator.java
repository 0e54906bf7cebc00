package io.neurovisor.server.grpc;

import io.grpc.Attributes;
import io.grpc.ServerCredentials;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.InternalProtocolNegotiators.ProtocolNegotiationHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.AsciiString;
import io.neurovisor.server.access.PeerUsers;

/**
 * Plain text for a Unix socket, by which each call knows the user that {@link PeerCheck} has let in. gRPC gives a call nothing
 * of its connection but what the connection's negotiation has left; a transport's own is made with the internal types.
 */
final class PeerNegotiator implements InternalProtocolNegotiator.ProtocolNegotiator {
    private PeerNegotiator() {}

    static ServerCredentials credentials() {
        return InternalNettyServerCredentials.create(new PeerNegotiator());
    }

    @Override
    public AsciiString scheme() {
        return AsciiString.of("http");
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
        return InternalProtocolNegotiators.waitUntilActiveHandler(new Named(grpc), grpc.getNegotiationLogger());
    }

    @Override
    public void close() {}

    /** Between the connection and its first call. */
    private static final class Named extends ProtocolNegotiationHandler {
        Named(GrpcHttp2ConnectionHandler grpc) {
            super(InternalProtocolNegotiators.grpcNegotiationHandler(grpc), grpc.getNegotiationLogger());
        }

        @Override
        protected void protocolNegotiationEventTriggered(ChannelHandlerContext context) {
            Attributes attributes =
                    InternalProtocolNegotiationEvent.getAttributes(getProtocolNegotiationEvent()).toBuilder()
                            .set(
                                    PeerUsers.UID,
                                    context.channel().attr(PeerCheck.UID).get())
                            .build();
            replaceProtocolNegotiationEvent(
                    InternalProtocolNegotiationEvent.withAttributes(getProtocolNegotiationEvent(), attributes));
            fireProtocolNegotiationEvent(context);
        }
    }
}
