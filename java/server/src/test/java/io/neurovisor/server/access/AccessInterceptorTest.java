package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.protobuf.StatusProto;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.AccessKey;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyExpiry;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Quota;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.status.FaultStatus;
import io.neurovisor.testkit.ManualTicker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses a real server, whose transport reports where calls come from. */
final class AccessInterceptorTest {
    private static final Attributes LOOPBACK = from(new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000));
    private static final Attributes ELSEWHERE = from(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 40_000));
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String EXECUTION = "neurovisor.execution.ExecutionService";
    private static final String INFERENCE = "neurovisor.inference.InferenceService";

    @TempDir
    private Path directory;

    private final List<Tenant> limited = new ArrayList<>();
    private final ManualTicker ticker = new ManualTicker();
    private Instant now = Instant.parse("2026-11-25T22:00:00Z");
    private OwnCalls.Owners owners = _ -> Optional.empty();
    private ApiKeys keys;

    @BeforeEach
    void open() {
        keys = ApiKeys.open(directory.resolve("access"), () -> now);
    }

    @AfterEach
    void close() {
        keys.close();
    }

    @Test
    void loopbackAndTheUnixSocketNeedNoKey() {
        assertThat(call(LOOPBACK, false, EXECUTION)).isEqualTo("loopback");
        assertThat(call(unix(1000), false, EXECUTION)).isEqualTo("unix:1000");
        assertThat(call(unix(0), true, EXECUTION)).isEqualTo("unix:0");
    }

    @Test
    void otherClientsNeedAKey() {
        refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", () -> call(ELSEWHERE, false, EXECUTION));
        refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", () -> call(ELSEWHERE, true, EXECUTION));
        refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", () -> call(LOOPBACK, true, EXECUTION));
        Attributes unknown = from(UnixDomainSocketAddress.of(""));
        refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", () -> call(unknown, false, EXECUTION));
        refused(
                Status.Code.UNAUTHENTICATED,
                "KEY_MISSING",
                () -> call(from(InetSocketAddress.createUnresolved("localhost", 1)), false, EXECUTION));
    }

    @Test
    void aCallOfThisProcessIsOnBehalfOfTheOwnerOfASandbox() {
        owners = id -> id.equals("abc") ? Optional.of(new Tenant.LocalUser(7)) : Optional.empty();
        Attributes inProcess = from(new InProcessSocketAddress("own"));
        assertThat(onBehalf(inProcess, "abc")).isEqualTo("unix:7");
        refused(Status.Code.UNAUTHENTICATED, "KEY_INVALID", () -> onBehalf(inProcess, "abd"));
        refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", () -> onBehalf(ELSEWHERE, "abc"));
        assertThat(onBehalf(LOOPBACK, "abc")).isEqualTo("loopback");
        refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", () -> call(inProcess, false, EXECUTION));
    }

    private String onBehalf(Attributes from, String sandbox) {
        Metadata headers = new Metadata();
        headers.put(OwnCalls.OWNER_OF, sandbox);
        try (Service service = new Service(from, false)) {
            return ClientCalls.blockingUnaryCall(
                    ClientInterceptors.intercept(service.channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                    method(EXECUTION),
                    CallOptions.DEFAULT,
                    "");
        }
    }

    @Test
    void aKeyGivesAccessToItsScopesOnly() {
        String secret = key("ci", EnumSet.of(Scope.EXECUTE), Optional.empty());
        assertThat(call(ELSEWHERE, true, EXECUTION, "Bearer " + secret)).isEqualTo("key:ci");
        assertThat(call(LOOPBACK, false, EXECUTION, "bearer " + secret)).isEqualTo("key:ci");
        StatusRuntimeException refusal = refused(
                Status.Code.PERMISSION_DENIED,
                "SCOPE_MISSING",
                () -> call(ELSEWHERE, true, INFERENCE, "Bearer " + secret));
        assertThat(detail(refusal, ErrorInfo.class).getMetadataMap()).containsEntry("scope", "infer");
        refused(
                Status.Code.PERMISSION_DENIED,
                "SCOPE_MISSING",
                () -> call(ELSEWHERE, true, "inference.InferenceService", "Bearer " + secret));
        refused(
                Status.Code.PERMISSION_DENIED,
                "SCOPE_MISSING",
                () -> call(ELSEWHERE, true, "neurovisor.agent.AgentService", "Bearer " + secret));
    }

    @Test
    void deniesAccessToUnknownServices() {
        String secret = key("ci", EnumSet.allOf(Scope.class), Optional.empty());
        refused(
                Status.Code.PERMISSION_DENIED,
                "SCOPE_MISSING",
                () -> call(ELSEWHERE, true, "neurovisor.fresh.FreshService", "Bearer " + secret));
        refused(
                Status.Code.PERMISSION_DENIED,
                "SCOPE_MISSING",
                () -> call(LOOPBACK, false, "neurovisor.fresh.FreshService"));
    }

    @Test
    void rejectsAnInvalidKeyWhereNoneIsNeededWithoutRepeatingIt() {
        String secret = key("ci", EnumSet.allOf(Scope.class), Optional.empty());
        String wrong = "nvk_" + "x".repeat(43);
        for (String header : List.of(
                "Bearer " + wrong,
                "Bearer",
                "Bearer ",
                wrong,
                secret,
                "Basic " + secret,
                "Bearer " + secret + "x",
                "")) {
            StatusRuntimeException refusal =
                    refused(Status.Code.UNAUTHENTICATED, "KEY_INVALID", () -> call(LOOPBACK, false, EXECUTION, header));
            assertThat(String.valueOf(StatusProto.fromThrowable(refusal)))
                    .doesNotContain(wrong)
                    .doesNotContain(secret);
        }
        refused(
                Status.Code.UNAUTHENTICATED,
                "KEY_INVALID",
                () -> call(LOOPBACK, false, EXECUTION, "Bearer " + secret, "Bearer " + secret));
    }

    @Test
    void aRunningServerRejectsAKeyThatExpires() {
        Instant end = now.plusSeconds(60);
        String secret = keys.create(new KeyGrant(
                        new KeyName("ci"),
                        EnumSet.of(Scope.EXECUTE),
                        Optional.empty(),
                        Optional.empty(),
                        PoolShare.UNLIMITED,
                        SandboxQuota.UNLIMITED,
                        Optional.empty(),
                        Optional.of(new KeyExpiry(end))))
                .secret()
                .reveal();
        try (Service service = new Service(LOOPBACK, false)) {
            now = end.minusMillis(1);
            assertThat(service.call(EXECUTION, "Bearer " + secret)).isEqualTo("key:ci");
            now = end;
            StatusRuntimeException refusal = refused(
                    Status.Code.UNAUTHENTICATED, "KEY_EXPIRED", () -> service.call(EXECUTION, "Bearer " + secret));
            assertThat(refusal.getStatus().getDescription())
                    .isEqualTo("the API key ci has expired at 2026-11-25T22:01:00Z; make another with ./neurovisor keys"
                            + " create")
                    .doesNotContain(secret);
            keys.revoke("ci");
            ticker.advance(Duration.ofSeconds(1));
            refused(Status.Code.UNAUTHENTICATED, "KEY_INVALID", () -> service.call(EXECUTION, "Bearer " + secret));
        }
    }

    @Test
    void aRunningServerRejectsARevokedKey() {
        String secret = key("ci", EnumSet.allOf(Scope.class), Optional.empty());
        try (Service service = new Service(ELSEWHERE, true)) {
            assertThat(service.call(EXECUTION, "Bearer " + secret)).isEqualTo("key:ci");
            try (ApiKeys other = ApiKeys.open(directory.resolve("access"), () -> now)) {
                other.revoke("ci");
            }
            ticker.advance(Duration.ofSeconds(1));
            refused(Status.Code.UNAUTHENTICATED, "KEY_INVALID", () -> service.call(EXECUTION, "Bearer " + secret));
        }
    }

    @Test
    void aRateLimitedCallGetsARetryDelay() {
        String secret = key("ci", EnumSet.allOf(Scope.class), Optional.of(new RateLimit(2, 4)));
        try (Service service = new Service(ELSEWHERE, true)) {
            service.call(EXECUTION, "Bearer " + secret);
            service.call(INFERENCE, "Bearer " + secret);
            StatusRuntimeException refusal = refused(
                    Status.Code.RESOURCE_EXHAUSTED, "RATE_LIMITED", () -> service.call(EXECUTION, "Bearer " + secret));
            assertThat(refusal.getStatus().getDescription())
                    .isEqualTo("key:ci exceeds its rate limit; try again in 250 ms");
            assertThat(Durations.toMillis(detail(refusal, RetryInfo.class).getRetryDelay()))
                    .isEqualTo(250);
            assertThat(Objects.requireNonNull(refusal.getTrailers())
                            .get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
                    .isEqualTo("250");
            assertThat(limited).extracting(Tenant::label).containsExactly("key:ci");
            ticker.advance(Duration.ofMillis(250));
            assertThat(service.call(EXECUTION, "Bearer " + secret)).isEqualTo("key:ci");
        }
    }

    @Test
    void healthAndReflectionTakeNoToken() {
        String secret = key("ci", EnumSet.of(Scope.INFER), Optional.of(new RateLimit(1, 1)));
        String reflection = "grpc.reflection.v1.ServerReflection";
        try (Service service = new Service(ELSEWHERE, true)) {
            for (int count = 0; count < 10; count++) {
                assertThat(HealthGrpc.newBlockingStub(service.channel)
                                .check(HealthCheckRequest.getDefaultInstance())
                                .getStatusValue())
                        .isOne();
                assertThat(service.call(reflection, "Bearer " + secret)).isEqualTo("key:ci");
            }
            refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", () -> service.call(reflection));
        }
    }

    @Test
    void watchingHealthNeedsAKeyWhereCallsNeedOne() {
        String secret = key("ci", EnumSet.of(Scope.INFER), Optional.of(new RateLimit(1, 1)));
        for (Attributes local : List.of(LOOPBACK, unix(1000))) {
            try (Service service = new Service(local, false)) {
                assertThat(service.watch()).isEqualTo(ServingStatus.SERVING);
            }
        }
        for (Attributes stranger : List.of(LOOPBACK, ELSEWHERE)) {
            try (Service service = new Service(stranger, true)) {
                refused(Status.Code.UNAUTHENTICATED, "KEY_MISSING", service::watch);
                refused(Status.Code.UNAUTHENTICATED, "KEY_INVALID", () -> service.watch("Bearer " + secret + "x"));
                assertThat(service.watch("Bearer " + secret)).isEqualTo(ServingStatus.SERVING);
            }
        }
    }

    @Test
    void respondsToAHealthCheckWithAnyKey() {
        try (Service service = new Service(ELSEWHERE, true)) {
            assertThat(HealthGrpc.newBlockingStub(service.channel("Bearer wrong"))
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void limitsTheExecutionsOfADayToTheQuota() {
        AccessKey key = keys.create(new KeyGrant(
                        new KeyName("ci"),
                        EnumSet.of(Scope.EXECUTE),
                        Optional.empty(),
                        Optional.of(new Quota(1)),
                        PoolShare.UNLIMITED))
                .key();
        Quotas quotas = new Quotas(keys, () -> now);
        quotas.admit(new Tenant.Loopback());
        quotas.admit(new Tenant.KeyHolder(key));
        StatusRuntimeException refusal = refused(
                Status.Code.RESOURCE_EXHAUSTED,
                "QUOTA_EXCEEDED",
                () -> served(() -> quotas.admit(new Tenant.KeyHolder(key))));
        assertThat(refusal.getStatus().getDescription())
                .isEqualTo("key ci has used its quota of 1/day; it has a new one from 2026-11-26T00:00:00Z on");
        assertThat(Durations.toHours(detail(refusal, RetryInfo.class).getRetryDelay()))
                .isEqualTo(2);
    }

    @Test
    void rejectsAllKeysWhileTheyCannotBeRead() {
        String secret = key("ci", EnumSet.allOf(Scope.class), Optional.empty());
        try (Service service = new Service(ELSEWHERE, true)) {
            sql("ALTER TABLE access_key RENAME TO stolen");
            StatusRuntimeException refusal = refused(
                    Status.Code.UNAVAILABLE, "KEYS_UNREADABLE", () -> service.call(EXECUTION, "Bearer " + secret));
            assertThat(refusal.getStatus().getDescription()).doesNotContain(directory.toString());
            sql("ALTER TABLE stolen RENAME TO access_key");
            assertThat(service.call(EXECUTION, "Bearer " + secret)).isEqualTo("key:ci");
        }
    }

    private void sql(String statement) {
        Jdbi.create("jdbc:sqlite:" + directory.resolve("access/keys.db"))
                .useHandle(handle -> handle.execute(statement));
    }

    private String key(String name, Set<Scope> scopes, Optional<RateLimit> limit) {
        return keys.create(new KeyGrant(new KeyName(name), scopes, limit, Optional.empty(), PoolShare.UNLIMITED))
                .secret()
                .reveal();
    }

    private static Attributes from(SocketAddress address) {
        return Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, address)
                .build();
    }

    private static Attributes unix(int uid) {
        return from(UnixDomainSocketAddress.of("")).toBuilder()
                .set(PeerUsers.UID, uid)
                .build();
    }

    private String call(Attributes from, boolean keysRequired, String service, String... authorization) {
        try (Service running = new Service(from, keysRequired)) {
            return running.call(service, authorization);
        }
    }

    /** Converts exceptions as a server does for its client. */
    private static void served(Runnable call) {
        try {
            call.run();
        } catch (NeuroVisorException failure) {
            throw FaultStatus.of(failure);
        }
    }

    private static StatusRuntimeException refused(Status.Code code, String reason, Runnable call) {
        StatusRuntimeException[] refusal = new StatusRuntimeException[1];
        assertThatThrownBy(call::run).isInstanceOfSatisfying(StatusRuntimeException.class, failure -> {
            assertThat(failure.getStatus().getCode()).isEqualTo(code);
            assertThat(detail(failure, ErrorInfo.class).getReason()).isEqualTo(reason);
            assertThat(detail(failure, ErrorInfo.class).getDomain()).isEqualTo("neurovisor");
            refusal[0] = failure;
        });
        return refusal[0];
    }

    private static <M extends com.google.protobuf.Message> M detail(StatusRuntimeException failure, Class<M> type) {
        com.google.rpc.Status status =
                Objects.requireNonNull(StatusProto.fromThrowable(failure), "a refusal has details");
        for (Any any : status.getDetailsList()) {
            if (any.is(type)) {
                try {
                    return any.unpack(type);
                } catch (InvalidProtocolBufferException exception) {
                    throw new UncheckedIOException(exception);
                }
            }
        }
        throw new AssertionError("no " + type.getSimpleName() + " in " + status);
    }

    /** A server whose services respond with the tenant of the call. */
    private final class Service implements AutoCloseable {
        private final Server server;
        private final ManagedChannel channel;

        Service(Attributes from, boolean keysRequired) {
            String name = InProcessServerBuilder.generateName();
            InProcessServerBuilder builder = InProcessServerBuilder.forName(name)
                    .directExecutor()
                    .intercept(new AccessInterceptor(
                            new Callers(keys, keysRequired, () -> now, ticker),
                            owners,
                            new RateLimits(Optional.of(new RateLimit(100, 50)), ticker),
                            limited::add))
                    .addTransportFilter(new ServerTransportFilter() {
                        @Override
                        public Attributes transportReady(Attributes attributes) {
                            return attributes.toBuilder().setAll(from).build();
                        }
                    })
                    .addService(new HealthStatusManager().getHealthService());
            for (String service : List.of(
                    EXECUTION,
                    INFERENCE,
                    "inference.InferenceService",
                    "neurovisor.agent.AgentService",
                    "grpc.reflection.v1.ServerReflection",
                    "neurovisor.fresh.FreshService")) {
                builder.addService(ServerServiceDefinition.builder(service)
                        .addMethod(method(service), ServerCalls.asyncUnaryCall((_, answer) -> {
                            answer.onNext(Tenant.current().map(Tenant::label).orElse("none"));
                            answer.onCompleted();
                        }))
                        .build());
            }
            try {
                server = builder.build().start();
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
            channel = InProcessChannelBuilder.forName(name).directExecutor().build();
        }

        String call(String service, String... authorization) {
            return ClientCalls.blockingUnaryCall(channel(authorization), method(service), CallOptions.DEFAULT, "");
        }

        ServingStatus watch(String... authorization) {
            return HealthGrpc.newBlockingStub(channel(authorization))
                    .watch(HealthCheckRequest.getDefaultInstance())
                    .next()
                    .getStatus();
        }

        Channel channel(String... authorization) {
            Metadata headers = new Metadata();
            for (String value : authorization) {
                headers.put(AUTHORIZATION, value);
            }
            return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }

    private static MethodDescriptor<String, String> method(String service) {
        return MethodDescriptor.<String, String>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(service, "Tell"))
                .setRequestMarshaller(new Text())
                .setResponseMarshaller(new Text())
                .build();
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    }
}
