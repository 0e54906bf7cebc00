package io.neurovisor.server.access.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TLS context that reloads its files while the server runs. A connection gets the files' content of at most a few
 * seconds ago. If the new files are invalid, the error is logged and the previous content stays in use.
 */
final class ReloadingSslContext extends SslContext {
    static final Duration LOOK_AGAIN_AFTER = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(ReloadingSslContext.class);

    private final List<Path> files;
    private final Supplier<SslContext> maker;
    private final Ticker ticker;
    private SslContext current;
    private List<String> served;
    private long lookedNanos;

    /** @param maker reads the files */
    ReloadingSslContext(List<Path> files, Supplier<SslContext> maker, Ticker ticker) {
        this.files = List.copyOf(files);
        this.maker = maker;
        this.ticker = ticker;
        this.served = states();
        this.current = maker.get();
        this.lookedNanos = ticker.nanos();
    }

    private synchronized SslContext current() {
        if (ticker.nanos() - lookedNanos >= LOOK_AGAIN_AFTER.toNanos()) {
            lookedNanos = ticker.nanos();
            List<String> states = states();
            if (!states.equals(served)) {
                renew(states);
            }
        }
        return current;
    }

    /** Returns the context for a server that is not Netty's. */
    SSLContext ofTheJdk() {
        return ((JdkSslContext) current()).context();
    }

    private void renew(List<String> states) {
        // Also if the new files are invalid, so that the error is logged once.
        served = states;
        try {
            current = maker.get();
            LOG.info("TLS uses the changed files {} from now on", files);
        } catch (NeuroVisorException problem) {
            LOG.error("TLS keeps using the previous files: {}", problem.getMessage());
        }
    }

    /** Returns attributes that change with a file, however it is replaced. */
    private List<String> states() {
        List<String> states = new ArrayList<>();
        for (Path file : files) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                states.add(attributes.fileKey() + " " + attributes.lastModifiedTime() + " " + attributes.size());
            } catch (IOException exception) {
                states.add("unreadable");
            }
        }
        return states;
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
        return current().newEngine(allocator);
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
        return current().newEngine(allocator, peerHost, peerPort);
    }

    @Override
    public boolean isClient() {
        return false;
    }

    @Override
    public List<String> cipherSuites() {
        return current().cipherSuites();
    }

    @Override
    @SuppressWarnings("deprecation") // Deprecated, but abstract.
    public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
        return current().applicationProtocolNegotiator();
    }

    @Override
    public SSLSessionContext sessionContext() {
        return current().sessionContext();
    }
}
