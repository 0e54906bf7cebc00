package io.neurovisor.server.http.api;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A TCP port for HTTP/1.1 and HTTP/2, with or without TLS. Each request is served by a virtual thread. */
public final class ApiPort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiPort.class);
    private static final int MOST_STREAMS = 128;

    private final Server server;
    private final ServerConnector connector;
    private final ApiHandler handler;
    private final InetSocketAddress address;

    private ApiPort(Server server, ServerConnector connector, ApiHandler handler, InetSocketAddress address) {
        this.server = server;
        this.connector = connector;
        this.handler = handler;
        this.address = address;
    }

    /**
     * Opens a port; connections wait until {@link #serve}.
     *
     * @param tls of the server; empty for connections without encryption
     * @throws IOException if the address cannot be used
     */
    public static ApiPort open(
            InetSocketAddress address, Optional<ApiPortTls> tls, ApiPortLimits limits, RequestObserver observer)
            throws IOException {
        VirtualThreadPool threads = new VirtualThreadPool();
        threads.setName("http");
        threads.setMaxConcurrentTasks(0); // Requests have their own limit, and Jetty's selectors need threads, too.
        Server server = new Server(threads);
        ApiHandler handler = new ApiHandler(limits, observer, Ticker.SYSTEM);
        server.setHandler(handler);
        server.setErrorHandler(ApiPort::explain);
        ServerConnector connector = connector(server, tls, limits);
        connector.setHost(address.getAddress().getHostAddress());
        connector.setPort(address.getPort());
        // As large as most kernels allow: a connection without a place is delayed by a second and more, until its
        // client repeats it.
        connector.setAcceptQueueSize(4096);
        connector.setIdleTimeout(limits.idle().toMillis());
        connector.addBean(new PortConnections(limits.connections(), limits.firstRequest(), connector.getScheduler()));
        server.addConnector(connector);
        connector.setAccepting(false);
        connector.open();
        try {
            server.start();
        } catch (Exception failure) {
            connector.close();
            throw new IOException("HTTP port " + address + " does not start: " + failure.getMessage(), failure);
        }
        InetSocketAddress opened = new InetSocketAddress(address.getAddress(), connector.getLocalPort());
        return new ApiPort(server, connector, handler, opened);
    }

    private static ServerConnector connector(Server server, Optional<ApiPortTls> tls, ApiPortLimits limits) {
        HttpConfiguration http = new HttpConfiguration();
        http.setRequestHeaderSize(limits.headerBytes());
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        http.setIdleTimeout(limits.idle().toMillis());
        HttpConnectionFactory first = new HttpConnectionFactory(http);
        if (tls.isEmpty()) {
            HTTP2CServerConnectionFactory second = new HTTP2CServerConnectionFactory(http);
            second.setMaxConcurrentStreams(MOST_STREAMS);
            return new ServerConnector(server, first, second);
        }
        HTTP2ServerConnectionFactory second = new HTTP2ServerConnectionFactory(http);
        second.setMaxConcurrentStreams(MOST_STREAMS);
        ALPNServerConnectionFactory negotiation = new ALPNServerConnectionFactory();
        negotiation.setDefaultProtocol(first.getProtocol());
        SslContextFactory.Server certificates = new Certificates(tls.get());
        certificates.setNeedClientAuth(tls.get().needsClientCertificate());
        certificates.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        SslConnectionFactory encryption = new SslConnectionFactory(certificates, negotiation.getProtocol());
        return new ServerConnector(server, encryption, negotiation, second, first);
    }

    /** Has a context for each connection, because files of certificates are replaced while the port is open. */
    private static final class Certificates extends SslContextFactory.Server {
        private final ApiPortTls tls;

        Certificates(ApiPortTls tls) {
            this.tls = tls;
            setSslContext(tls.contexts().get());
        }

        @Override
        public SSLContext getSslContext() {
            return tls.contexts().get();
        }
    }

    /** Answers what is not HTTP or exceeds a limit of Jetty, whose page would name it. */
    private static boolean explain(Request request, Response response, Callback callback) {
        response.getHeaders().put("Content-Type", "text/plain; charset=utf-8");
        // Jetty closes such a connection without a word, and a client would send its next request on it.
        response.getHeaders().put("Connection", "close");
        Content.Sink.write(response, true, "the request is not valid, or exceeds a limit\n", callback);
        return true;
    }

    /** Starts to respond, first to the connections that wait. */
    public void serve(List<HttpApi> apis) {
        handler.serve(apis);
        connector.setAccepting(true);
    }

    public InetSocketAddress address() {
        return address;
    }

    /** Accepts no more connections; those that exist are served. */
    public void stopAccepting() {
        requireNonNull(connector.shutdown(), "its end");
    }

    /**
     * Waits until no request is being served; returns false if the deadline passed first. After true, all further requests are
     * rejected.
     */
    public boolean awaitEnd(Deadline deadline) throws InterruptedException {
        return handler.awaitEnd(deadline);
    }

    /** Ends all connections. */
    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception failure) {
            LOG.warn("HTTP port {} was not closed in order: {}", address, failure.getMessage());
        }
        connector.close();
    }
}
