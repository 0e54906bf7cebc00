package io.neurovisor.server.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.ApiPortLimits;
import io.neurovisor.server.http.api.RequestObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** A port with a service that has a method of each type, and clients. Its messages have a text. */
final class ConnectFixture implements AutoCloseable {
    static final int MOST_BYTES = 1 << 20;
    static final String SERVICE = "test.Echo";

    private static final int HEADER_BYTES = 5;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ApiPort port;

    /** Completes when the service learns that its client is gone. */
    final CompletableFuture<Void> cancelled = new CompletableFuture<>();

    ConnectFixture() throws IOException {
        this(ApiPortLimits.USUAL);
    }

    ConnectFixture(ApiPortLimits limits) throws IOException {
        port = ApiPort.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.empty(),
                limits,
                RequestObserver.NONE);
        port.serve(List.of(new ConnectApi(List.of(service()), MOST_BYTES, timer)));
    }

    private ServerServiceDefinition service() {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(method("One", MethodType.UNARY), ServerCalls.asyncUnaryCall(this::one))
                .addMethod(
                        method("Many", MethodType.SERVER_STREAMING), ServerCalls.asyncServerStreamingCall(this::many))
                .addMethod(
                        method("Join", MethodType.CLIENT_STREAMING), ServerCalls.asyncClientStreamingCall(this::join))
                .addMethod(method("Talk", MethodType.BIDI_STREAMING), ServerCalls.asyncBidiStreamingCall(this::talk))
                .addMethod(method("Fail", MethodType.UNARY), failing())
                .addMethod(method("FailLater", MethodType.SERVER_STREAMING), failing())
                .addMethod(method("Wait", MethodType.UNARY), waiting())
                .addMethod(
                        method("Flood", MethodType.SERVER_STREAMING), ServerCalls.asyncServerStreamingCall(this::flood))
                .addMethod(method("Watch", MethodType.SERVER_STREAMING), waiting())
                .build();
    }

    private static MethodDescriptor<ErrorInfo, ErrorInfo> method(String name, MethodType type) {
        return MethodDescriptor.<ErrorInfo, ErrorInfo>newBuilder()
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
                .setRequestMarshaller(ProtoUtils.marshaller(ErrorInfo.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(ErrorInfo.getDefaultInstance()))
                .build();
    }

    static ErrorInfo message(String text) {
        return ErrorInfo.newBuilder().setReason(text).build();
    }

    private void one(ErrorInfo request, StreamObserver<ErrorInfo> responses) {
        responses.onNext(message("hello " + request.getReason()));
        responses.onCompleted();
    }

    private void many(ErrorInfo request, StreamObserver<ErrorInfo> responses) {
        int count = Integer.parseInt(request.getReason());
        for (int number = 0; number < count; number++) {
            responses.onNext(message(Integer.toString(number)));
        }
        responses.onCompleted();
    }

    /** Sends until the client is gone. */
    private void flood(ErrorInfo request, StreamObserver<ErrorInfo> responses) {
        ErrorInfo large = message("x".repeat(64 << 10));
        while (!((ServerCallStreamObserver<ErrorInfo>) responses).isCancelled()) {
            responses.onNext(large);
        }
        boolean _ = cancelled.complete(null);
    }

    private StreamObserver<ErrorInfo> join(StreamObserver<ErrorInfo> responses) {
        List<String> texts = new ArrayList<>();
        return new StreamObserver<>() {
            @Override
            public void onNext(ErrorInfo request) {
                texts.add(request.getReason());
            }

            @Override
            public void onError(Throwable failure) {
                boolean _ = cancelled.complete(null);
            }

            @Override
            public void onCompleted() {
                responses.onNext(message(String.join("+", texts)));
                responses.onCompleted();
            }
        };
    }

    private StreamObserver<ErrorInfo> talk(StreamObserver<ErrorInfo> responses) {
        return new StreamObserver<>() {
            @Override
            public void onNext(ErrorInfo request) {
                responses.onNext(message("re " + request.getReason()));
            }

            @Override
            public void onError(Throwable failure) {
                boolean _ = cancelled.complete(null);
            }

            @Override
            public void onCompleted() {
                responses.onCompleted();
            }
        };
    }

    /** Sends metadata of each kind and an error with a detail. */
    private static ServerCallHandler<ErrorInfo, ErrorInfo> failing() {
        return (call, headers) -> {
            Metadata leading = new Metadata();
            leading.put(text("x-seen"), String.valueOf(headers.get(text("x-sent"))));
            call.sendHeaders(leading);
            Metadata trailers = new Metadata();
            trailers.put(text("x-last"), "bye");
            trailers.put(Metadata.Key.of("x-last-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {1, 2});
            trailers.put(
                    Metadata.Key.of(
                            "grpc-status-details-bin",
                            ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance())),
                    com.google.rpc.Status.newBuilder()
                            .setCode(Status.NOT_FOUND.getCode().value())
                            .setMessage("no such thing")
                            .addDetails(com.google.protobuf.Any.pack(message("why")))
                            .build());
            call.close(Status.NOT_FOUND.withDescription("no such thing"), trailers);
            return new ServerCall.Listener<>() {};
        };
    }

    private ServerCallHandler<ErrorInfo, ErrorInfo> waiting() {
        return (call, _) -> {
            call.request(2);
            call.sendHeaders(new Metadata());
            return new ServerCall.Listener<>() {
                @Override
                public void onMessage(ErrorInfo request) {
                    if (!request.getReason().isEmpty()) {
                        call.sendMessage(message("waits"));
                    }
                }

                @Override
                public void onCancel() {
                    boolean _ = cancelled.complete(null);
                }
            };
        };
    }

    private static Metadata.Key<String> text(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    HttpClient client(HttpClient.Version version) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder()
                .version(version)
                .connectTimeout(Duration.ofMinutes(1))
                .build();
        // The client upgrades a connection only by a request without a body, and then keeps it.
        HttpResponse<Void> _ =
                client.send(request("One", "none").GET().build(), HttpResponse.BodyHandlers.discarding());
        return client;
    }

    HttpRequest.Builder request(String method, String type) {
        return HttpRequest.newBuilder(
                        URI.create("http://" + port.address().getAddress().getHostAddress() + ":"
                                + port.address().getPort() + "/" + SERVICE + "/" + method))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", type);
    }

    HttpResponse<byte[]> send(HttpClient client, String method, String type, byte[] body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(method, type).POST(HttpRequest.BodyPublishers.ofByteArray(body));
        for (int index = 0; index < headers.length; index += 2) {
            request.header(headers[index], headers[index + 1]);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    Socket socket() throws IOException {
        Socket socket = new Socket(port.address().getAddress(), port.address().getPort());
        socket.setSoTimeout(60_000);
        return socket;
    }

    /** Returns the head of a request of HTTP/1.1 without its body. */
    static byte[] head(String method, String type, String more) {
        return ("POST /" + SERVICE + "/" + method + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\n"
                        + more + "\r\n")
                .getBytes(UTF_8);
    }

    static byte[] envelopes(byte[]... contents) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] content : contents) {
            all.writeBytes(Envelopes.encode(Envelopes.MESSAGE, content));
        }
        return all.toByteArray();
    }

    /** Returns the contents of envelopes, each as {@code FLAGS CONTENT}. */
    static List<String> contents(byte[] bytes) {
        List<String> contents = new ArrayList<>();
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.remaining() >= HEADER_BYTES) {
            byte flags = rest.get();
            byte[] content = new byte[rest.getInt()];
            rest.get(content);
            contents.add(flags + " " + new String(content, UTF_8));
        }
        return contents;
    }

    static byte[] json(String text) {
        return ("{\"reason\":\"" + text + "\"}").getBytes(UTF_8);
    }

    static void chunk(OutputStream out, byte[] content) throws IOException {
        out.write((Integer.toHexString(content.length) + "\r\n").getBytes(UTF_8));
        out.write(content);
        out.write("\r\n".getBytes(UTF_8));
        out.flush();
    }

    /** Reads until a text has arrived, or the end. */
    static String until(InputStream input, String text) throws IOException {
        StringBuilder read = new StringBuilder();
        for (int next = input.read(); next >= 0; next = input.read()) {
            read.append((char) next);
            if (read.indexOf(text) >= 0) {
                break;
            }
        }
        return read.toString();
    }

    @Override
    public void close() {
        port.close();
        timer.shutdownNow();
    }
}
