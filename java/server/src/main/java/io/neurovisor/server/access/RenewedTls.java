package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
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
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS of files that are renewed while it serves: a connection gets what they hold, as it was at most a few seconds before. What
 * cannot be served is told in the log, and what could be before goes on.
 */
final class RenewedTls extends SslContext {
    static final Duration LOOK_AGAIN_AFTER = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(RenewedTls.class);

    private final List<Path> files;
    private final Supplier<SslContext> maker;
    private final Ticker ticker;
    private SslContext current;
    private List<String> served;
    private long lookedNanos;

    /** @param maker reads the files */
    RenewedTls(List<Path> files, Supplier<SslContext> maker, Ticker ticker) {
        this.files = List.copyOf(files);
        this.maker = requireNonNull(maker, "maker is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
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

    private void renew(List<String> states) {
        // Also where they are wrong: that is told once.
        served = states;
        try {
            current = maker.get();
            LOG.info("TLS is served from the renewed files {}", files);
        } catch (NeuroVisorException problem) {
            LOG.error("TLS goes on as before, for {}", problem.getMessage());
        }
    }

    /** What changes with a file, however it is replaced. */
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
    @SuppressWarnings("deprecation") // Abstract all the same.
    public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
        return current().applicationProtocolNegotiator();
    }

    @Override
    public SSLSessionContext sessionContext() {
        return current().sessionContext();
    }
}
