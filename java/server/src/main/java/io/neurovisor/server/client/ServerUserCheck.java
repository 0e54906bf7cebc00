package io.neurovisor.server.client;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.neurovisor.server.access.PeerUsers;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Closes a connection to a Unix socket before anything is sent if its server is not run by an allowed user. */
final class ServerUserCheck {
    private final PeerUsers users;
    private final AtomicReference<Optional<String>> refusal = new AtomicReference<>(Optional.empty());

    ServerUserCheck(PeerUsers users) {
        this.users = users;
    }

    /** Returns the handler of one connection. */
    ChannelHandler handler() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) throws Exception {
                if (users.include(context.channel())) {
                    super.channelActive(context);
                    return;
                }
                refusal.set(Optional.of("it is served by " + PeerUsers.name(context.channel())
                        + ", who is neither this user nor root"));
                ChannelFuture _ = context.close();
            }
        };
    }

    /** Returns why a connection was closed; empty if it was not. */
    Optional<String> refusal() {
        return refusal.get();
    }
}
