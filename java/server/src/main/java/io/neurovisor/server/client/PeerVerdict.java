package io.neurovisor.server.client;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.neurovisor.server.access.PeerUsers;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Hangs up, before anything is said, on whoever serves at a Unix socket and is not one of the users who may. */
final class PeerVerdict {
    private final PeerUsers users;
    private final AtomicReference<Optional<String>> refusal = new AtomicReference<>(Optional.empty());

    PeerVerdict(PeerUsers users) {
        this.users = requireNonNull(users, "users is null");
    }

    /** For one connection. */
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

    /** Why a connection was hung up on. */
    Optional<String> refusal() {
        return refusal.get();
    }
}
