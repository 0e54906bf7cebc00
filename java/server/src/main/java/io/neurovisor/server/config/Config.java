package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.provider.ProviderChoice;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.ebpf.EbpfMode;
import io.neurovisor.host.guestkernel.KernelChoice;
import io.neurovisor.host.spawner.UidRange;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Everything a user can set. A component's path is its name everywhere, see {@link Setting}.
 *
 * @param dataDir where images, kernels and templates are kept
 * @param image the root image that guests boot, if it has the language of the program
 * @param kernel which kernel guests boot
 * @param vmm which VMM runs guests
 * @param strict without which layers nothing runs
 * @param ebpf whether the kernel is to watch them by eBPF programs
 * @param firecracker its executable; found where that is empty
 * @param size the size of guests
 * @param snapshot whether machines are cloned from templates; otherwise each is booted cold
 * @param timeout what a program may take
 * @param timeoutMax the longest time that a client of a server may ask for
 * @param warm how many machines a server keeps ready
 * @param max how many machines may exist, whatever they are doing
 * @param acquireTimeout how long a program waits for its machine
 * @param model which language model agent mode asks
 * @param provider the protocol of its server
 * @param baseUrl where that server is; empty for the protocol's usual place
 * @param ollamaHost that place for Ollama
 * @param apiKeyFile holds the key for the server
 * @param keepAlive how long an Ollama keeps the model after a request; empty for as long as it likes
 * @param maxIterations how often one task may ask the model
 * @param maxToolCalls how many programs one task may have run
 * @param maxTokens what one task may have the model read and write
 * @param agentTimeout what one task may take
 * @param tls with which files a server is called over TLS
 * @param insecureListen whether other machines may call a server without TLS
 * @param requireKeys whether calls over loopback need a key, as those of other machines do
 * @param rateLimit how often each who calls a server may do so; empty for any number
 * @param listen where a server takes calls
 * @param port there; 0 for any that is free
 * @param metrics where a server tells how it is
 * @param pushgateway where commands that end leave what they have counted
 * @param otlp where servers and agents send what they have traced and logged; empty for nowhere
 * @param otlpProtocol how it takes that
 * @param traceSample which part of the traces is recorded that no client has decided of, from 0 to 1
 * @param socket where a server takes this user's own calls
 * @param daemon whether a command has its programs run by the server at that socket
 * @param drainTimeout what a server that is to end gives the calls it serves
 * @param sendTimeout what a server gives a client to read what waits for it
 * @param channelz whether a server tells about its connections to who asks
 * @param vmUids whose users VMMs are that root starts, each another
 * @param imageUids the users of the namespace in which scripts of packages run when root builds an image; empty for none, so
 *     that they run as root
 */
public record Config(
        Path dataDir,
        String image,
        KernelChoice kernel,
        VmmChoice vmm,
        Optional<Path> firecracker,
        EbpfMode ebpf,
        RequiredLayers strict,
        SandboxSize size,
        boolean snapshot,
        Duration timeout,
        Duration timeoutMax,
        int warm,
        int max,
        Duration acquireTimeout,
        UidRange vmUids,
        Optional<UidRange> imageUids,
        String model,
        ProviderChoice provider,
        Optional<URI> baseUrl,
        URI ollamaHost,
        Optional<Path> apiKeyFile,
        Optional<Duration> keepAlive,
        int maxIterations,
        int maxToolCalls,
        int maxTokens,
        Duration agentTimeout,
        TlsConfig tls,
        boolean insecureListen,
        boolean requireKeys,
        Optional<RateLimit> rateLimit,
        AuditConfig audit,
        InetAddress listen,
        int port,
        MetricsConfig metrics,
        Optional<URI> pushgateway,
        Optional<URI> otlp,
        OtlpProtocol otlpProtocol,
        double traceSample,
        Path socket,
        DaemonUse daemon,
        Duration drainTimeout,
        Duration sendTimeout,
        boolean channelz,
        CacheConfig cache,
        SessionsConfig sessions,
        LogConfig log) {
    public Config {
        requireNonNull(image, "image is null");
        requireNonNull(kernel, "kernel is null");
        requireNonNull(vmm, "vmm is null");
        requireNonNull(firecracker, "firecracker is null");
        requireNonNull(ebpf, "ebpf is null");
        requireNonNull(strict, "strict is null");
        requireNonNull(size, "size is null");
        requireNonNull(timeout, "timeout is null");
        requireNonNull(timeoutMax, "timeoutMax is null");
        requireNonNull(acquireTimeout, "acquireTimeout is null");
        requireNonNull(vmUids, "vmUids is null");
        requireNonNull(imageUids, "imageUids is null");
        requireNonNull(model, "model is null");
        requireNonNull(provider, "provider is null");
        requireNonNull(baseUrl, "baseUrl is null");
        requireNonNull(ollamaHost, "ollamaHost is null");
        requireNonNull(apiKeyFile, "apiKeyFile is null");
        requireNonNull(keepAlive, "keepAlive is null");
        requireNonNull(agentTimeout, "agentTimeout is null");
        requireNonNull(tls, "tls is null");
        requireNonNull(rateLimit, "rateLimit is null");
        requireNonNull(audit, "audit is null");
        requireNonNull(listen, "listen is null");
        requireNonNull(metrics, "metrics is null");
        requireNonNull(pushgateway, "pushgateway is null");
        requireNonNull(otlp, "otlp is null");
        requireNonNull(otlpProtocol, "otlpProtocol is null");
        requireNonNull(socket, "socket is null");
        requireNonNull(daemon, "daemon is null");
        requireNonNull(drainTimeout, "drainTimeout is null");
        requireNonNull(sendTimeout, "sendTimeout is null");
        requireNonNull(cache, "cache is null");
        requireNonNull(sessions, "sessions is null");
        requireNonNull(log, "log is null");
        dataDir = dataDir.toAbsolutePath().normalize();
    }

    static Config of(SettingValues values) {
        return new Config(
                values.get(Setting.DATA_DIR),
                values.get(Setting.IMAGE),
                values.get(Setting.KERNEL),
                values.get(Setting.VMM),
                values.get(Setting.FIRECRACKER),
                values.get(Setting.EBPF),
                values.get(Setting.STRICT),
                values.get(Setting.SIZE),
                values.get(Setting.SNAPSHOT),
                values.get(Setting.TIMEOUT),
                values.get(Setting.TIMEOUT_MAX),
                values.get(Setting.WARM),
                values.get(Setting.MAX),
                values.get(Setting.ACQUIRE_TIMEOUT),
                values.get(Setting.VM_UIDS),
                values.get(Setting.IMAGE_UIDS),
                values.get(Setting.MODEL),
                values.get(Setting.PROVIDER),
                values.get(Setting.BASE_URL),
                values.get(Setting.OLLAMA_HOST),
                values.get(Setting.API_KEY_FILE),
                values.get(Setting.KEEP_ALIVE),
                values.get(Setting.MAX_ITERATIONS),
                values.get(Setting.MAX_TOOL_CALLS),
                values.get(Setting.MAX_TOKENS),
                values.get(Setting.AGENT_TIMEOUT),
                new TlsConfig(
                        values.get(Setting.TLS_CERT), values.get(Setting.TLS_KEY), values.get(Setting.TLS_CLIENT_CA)),
                values.get(Setting.INSECURE_LISTEN),
                values.get(Setting.REQUIRE_KEYS),
                values.get(Setting.RATE_LIMIT),
                new AuditConfig(values.get(Setting.AUDIT_MAX)),
                values.get(Setting.LISTEN),
                values.get(Setting.PORT),
                new MetricsConfig(
                        values.get(Setting.METRICS_LISTEN),
                        values.get(Setting.METRICS_PORT),
                        values.get(Setting.METRICS_TLS_CERT),
                        values.get(Setting.METRICS_TLS_KEY),
                        values.get(Setting.METRICS_REQUIRE_KEYS)),
                values.get(Setting.PUSHGATEWAY),
                values.get(Setting.OTLP),
                values.get(Setting.OTLP_PROTOCOL),
                values.get(Setting.TRACE_SAMPLE),
                values.get(Setting.SOCKET),
                values.get(Setting.DAEMON),
                values.get(Setting.DRAIN_TIMEOUT),
                values.get(Setting.SEND_TIMEOUT),
                values.get(Setting.CHANNELZ),
                new CacheConfig(values.get(Setting.CACHE_MAX)),
                new SessionsConfig(values.get(Setting.SESSIONS_MAX_AGE)),
                new LogConfig(values.get(Setting.LOG_LEVEL), values.get(Setting.LOG_FORMAT)));
    }
}
