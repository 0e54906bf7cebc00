package io.neurovisor.tests.hostile.sandboxes;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.neurovisor.proto.guest.GuestFileServiceGrpc;
import io.neurovisor.proto.guest.GuestProcessServiceGrpc;
import io.neurovisor.proto.guest.GuestReadRequest;
import io.neurovisor.proto.guest.GuestStartRequest;
import io.neurovisor.proto.guest.GuestWatchFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListProcessesResponse;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.function.Consumer;

/** Services that answer each call of one kind in the same way, whatever is requested. */
final class HostileServices {
    private HostileServices() {}

    /** @param answer is given up when the host closes the call */
    static BindableService starting(Consumer<Answer<ProcessEvent>> answer) {
        return new GuestProcessServiceGrpc.GuestProcessServiceImplBase() {
            @Override
            public StreamObserver<GuestStartRequest> start(StreamObserver<ProcessEvent> host) {
                return Answer.begin(host, answer, request -> request.getCredit().getBytes());
            }
        };
    }

    static BindableService listingProcesses(ListProcessesResponse response) {
        return new GuestProcessServiceGrpc.GuestProcessServiceImplBase() {
            @Override
            public void listProcesses(ListProcessesRequest request, StreamObserver<ListProcessesResponse> host) {
                host.onNext(response);
                host.onCompleted();
            }
        };
    }

    static BindableService listingFiles(ListFilesResponse page) {
        return new GuestFileServiceGrpc.GuestFileServiceImplBase() {
            @Override
            public void listFiles(ListFilesRequest request, StreamObserver<ListFilesResponse> host) {
                host.onNext(page);
                host.onCompleted();
            }
        };
    }

    static BindableService reading(Consumer<Answer<ReadResponse>> answer) {
        return new GuestFileServiceGrpc.GuestFileServiceImplBase() {
            @Override
            public StreamObserver<GuestReadRequest> read(StreamObserver<ReadResponse> host) {
                return Answer.begin(host, answer, request -> request.getCredit().getBytes());
            }
        };
    }

    static BindableService watching(Consumer<Answer<WatchFilesResponse>> answer) {
        return new GuestFileServiceGrpc.GuestFileServiceImplBase() {
            @Override
            public StreamObserver<GuestWatchFilesRequest> watchFiles(StreamObserver<WatchFilesResponse> host) {
                return Answer.begin(host, answer, request -> request.getCredit().getBytes());
            }
        };
    }

    /** Returns a service with one method, which answers by bytes that need not be a message, any number of times. */
    static BindableService raw(MethodDescriptor<?, ?> method, List<byte[]> answers) {
        MethodDescriptor<byte[], byte[]> descriptor = method.toBuilder(new Bytes(), new Bytes())
                .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
                .build();
        ServerServiceDefinition service = ServerServiceDefinition.builder(
                        new ServiceDescriptor(String.valueOf(method.getServiceName()), descriptor))
                .addMethod(descriptor, ServerCalls.asyncServerStreamingCall((byte[] _, StreamObserver<byte[]> host) -> {
                    answers.forEach(host::onNext);
                    host.onCompleted();
                }))
                .build();
        return () -> service;
    }

    private record Bytes() implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            return new byte[0];
        }
    }

    /** Casts the observer of a server, which is always one of a call. */
    static <T> ServerCallStreamObserver<T> call(StreamObserver<T> host) {
        return (ServerCallStreamObserver<T>) host;
    }
}
