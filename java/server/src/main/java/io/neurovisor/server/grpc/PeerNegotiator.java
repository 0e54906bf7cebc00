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
 * Negotiates plain text on a Unix socket and adds the uid that {@link PeerCheck} has recorded to the attributes of each
 * call. gRPC passes only the attributes of the negotiation on to calls, and a custom negotiation needs gRPC's internal
 * types.
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
