package io.neurovisor.tests.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.access.tls.ServerTls;
import io.neurovisor.server.config.TlsConfig;
import io.neurovisor.server.connect.ConnectApi;
import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.ApiPortLimits;
import io.neurovisor.server.http.api.ApiPortTls;
import io.neurovisor.server.http.api.RequestObserver;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;

/**
 * Serves the suite's service by our codec on our port, as its runner asks for on standard input; the response says where. It ends
 * with the runner.
 */
final class ConformanceServer {
    private static final int MOST_BYTES = 4 << 20;
    private static final List<String> SERVED = List.of("Unary", "ServerStream", "ClientStream", "BidiStream");

    private final SuiteMessages messages;

    private final Path directory;

    private ConformanceServer(SuiteMessages messages, Path directory) {
        this.messages = messages;
        this.directory = directory;
    }

    /**
     * Serves until the runner ends.
     *
     * @param arguments the file with the descriptors of the suite, and a directory for certificates
     */
    public static void main(String[] arguments) throws Exception {
        ConformanceServer server =
                new ConformanceServer(SuiteMessages.read(Path.of(arguments[0])), Path.of(arguments[1]));
        DataInputStream input = new DataInputStream(System.in);
        Message request = DynamicMessage.parseFrom(
                server.messages.type("ServerCompatRequest"), input.readNBytes(input.readInt()));
        DataOutputStream output = new DataOutputStream(System.out);
        byte[] response = server.serve(request).toByteArray();
        output.writeInt(response.length);
        output.write(response);
        output.flush();
        ProcessHandle.current().parent().orElseThrow().onExit().join();
        System.exit(0);
    }

    private Message serve(Message request) throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        boolean isEncrypted = (boolean) SuiteMessages.value(request, "use_tls");
        int limit = (int) SuiteMessages.value(request, "message_receive_limit");
        ConnectApi api = new ConnectApi(
                List.of(service()),
                limit == 0 ? MOST_BYTES : limit,
                Executors.newSingleThreadScheduledExecutor(
                        task -> Thread.ofPlatform().daemon().unstarted(task)));
        ApiPort port = ApiPort.open(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                isEncrypted
                        ? tls(authority, (ByteString) SuiteMessages.value(request, "client_tls_cert"))
                        : Optional.empty(),
                ApiPortLimits.USUAL,
                RequestObserver.NONE);
        port.serve(List.of(api));
        Descriptor type = messages.type("ServerCompatResponse");
        return DynamicMessage.newBuilder(type)
                .setField(SuiteMessages.field(type, "host"), "127.0.0.1")
                .setField(SuiteMessages.field(type, "port"), port.address().getPort())
                .setField(
                        SuiteMessages.field(type, "pem_cert"),
                        ByteString.copyFromUtf8(isEncrypted ? authority.getCertificatePEM() : ""))
                .build();
    }

    private ServerServiceDefinition service() {
        com.google.protobuf.Descriptors.ServiceDescriptor service = messages.service("ConformanceService");
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service.getFullName());
        service.getMethods().stream()
                .filter(method -> SERVED.contains(method.getName()))
                .forEach(method -> definition.addMethod(
                        method(method),
                        (call, headers) -> new ConformanceCall(messages, method.getOutputType(), call, headers)));
        return definition.build();
    }

    private static io.grpc.MethodDescriptor<DynamicMessage, DynamicMessage> method(MethodDescriptor method) {
        return io.grpc.MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
                .setType(type(method))
                .setFullMethodName(io.grpc.MethodDescriptor.generateFullMethodName(
                        method.getService().getFullName(), method.getName()))
                .setRequestMarshaller(ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getInputType())))
                .setResponseMarshaller(ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getOutputType())))
                .build();
    }

    private static MethodType type(MethodDescriptor method) {
        if (method.isClientStreaming()) {
            return method.isServerStreaming() ? MethodType.BIDI_STREAMING : MethodType.CLIENT_STREAMING;
        }
        return method.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY;
    }

    /** Encrypts as a daemon does whose user names such files. The runner offers a key of a form that a daemon does not read. */
    private Optional<ApiPortTls> tls(X509Bundle authority, ByteString clientCa) throws Exception {
        X509Bundle certificate = new CertificateBuilder()
                .subject("CN=server")
                .addSanIpAddress("127.0.0.1")
                .buildIssuedBy(authority);
        TlsConfig config = new TlsConfig(
                Optional.of(
                        file("certificate", certificate.getCertificatePathPEM().getBytes(UTF_8))),
                Optional.of(file("key", certificate.getPrivateKeyPEM().getBytes(UTF_8))),
                clientCa.isEmpty() ? Optional.empty() : Optional.of(file("client-ca", clientCa.toByteArray())));
        return ServerTls.CALLS
                .contexts(config, InstantSource.system(), Ticker.SYSTEM)
                .map(contexts -> new ApiPortTls(contexts, config.clientCa().isPresent()));
    }

    private Path file(String name, byte[] content) throws IOException {
        Path file = Files.createTempFile(directory, name, ".pem"); // Readable for this user only.
        return Files.write(file, content);
    }
}
