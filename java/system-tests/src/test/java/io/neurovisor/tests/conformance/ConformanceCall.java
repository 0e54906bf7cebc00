package io.neurovisor.tests.conformance;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A call of the suite's service: its first request says what the responses are, and they repeat what was received. */
final class ConformanceCall extends ServerCall.Listener<DynamicMessage> {
    private final SuiteMessages messages;
    private final Descriptor responseType;
    private final boolean sendsOneMessage;
    private final ServerCall<DynamicMessage, DynamicMessage> call;
    private final Metadata headers;
    private final Optional<Long> timeoutMillis = Optional.ofNullable(
                    Context.current().getDeadline())
            .map(deadline -> deadline.timeRemaining(TimeUnit.MILLISECONDS));

    /** Those that no response has repeated. */
    private final List<Any> requests = new ArrayList<>();

    private Optional<Message> definition = Optional.empty();
    private boolean isBegun;
    private boolean isFullDuplex;
    private boolean hasHeaders;
    private boolean isClosed;
    private int sent;

    ConformanceCall(
            SuiteMessages messages,
            Descriptor responseType,
            ServerCall<DynamicMessage, DynamicMessage> call,
            Metadata headers) {
        this.messages = messages;
        this.responseType = responseType;
        this.sendsOneMessage = call.getMethodDescriptor().getType().serverSendsOneMessage();
        this.call = call;
        this.headers = headers;
        call.request(2); // One more than a unary call has, so that its end is noticed.
    }

    @Override
    public void onMessage(DynamicMessage request) {
        requests.add(Any.pack(request));
        if (!isBegun) {
            isBegun = true;
            if (SuiteMessages.has(request, "response_definition")) {
                definition = Optional.of(SuiteMessages.message(request, "response_definition"));
            }
            isFullDuplex = request.getDescriptorForType().findFieldByName("full_duplex") != null
                    && (boolean) SuiteMessages.value(request, "full_duplex");
        }
        if (isFullDuplex && !isClosed) {
            if (sent < responses().size()) {
                sendHeaders();
                respond();
            } else {
                end();
            }
        }
        call.request(1);
    }

    @Override
    public void onHalfClose() {
        if (isClosed) {
            return;
        }
        if (sendsOneMessage) {
            if (definition.filter(given -> SuiteMessages.has(given, "error")).isEmpty()) {
                sendHeaders();
                respond();
            } else {
                delay();
            }
        } else {
            sendHeaders();
            while (sent < responses().size()) {
                respond();
            }
        }
        end();
    }

    private List<?> responses() {
        return definition
                .map(given -> (List<?>) SuiteMessages.value(given, "response_data"))
                .orElse(List.of());
    }

    private void sendHeaders() {
        if (!hasHeaders) {
            hasHeaders = true;
            call.sendHeaders(definition
                    .map(given -> SuiteMessages.metadata(given, "response_headers"))
                    .orElseGet(Metadata::new));
        }
    }

    private void respond() {
        Descriptor type = messages.type("ConformancePayload");
        DynamicMessage.Builder payload = DynamicMessage.newBuilder(type);
        if (sent == 0 || isFullDuplex) {
            payload.setField(SuiteMessages.field(type, "request_info"), requestInfo());
        }
        Optional<Object> data = sendsOneMessage
                ? definition.map(given -> SuiteMessages.value(given, "response_data"))
                : Optional.of(responses().get(sent));
        data.ifPresent(bytes -> payload.setField(SuiteMessages.field(type, "data"), bytes));
        delay();
        sent++;
        requests.clear();
        call.sendMessage(DynamicMessage.newBuilder(responseType)
                .setField(SuiteMessages.field(responseType, "payload"), payload.build())
                .build());
    }

    /** Returns what was received; after the first response, only the requests. */
    private DynamicMessage requestInfo() {
        Descriptor type = messages.type("ConformancePayload.RequestInfo");
        DynamicMessage.Builder info =
                DynamicMessage.newBuilder(type).setField(SuiteMessages.field(type, "requests"), List.copyOf(requests));
        if (sent == 0) {
            info.setField(SuiteMessages.field(type, "request_headers"), messages.headers(headers));
            timeoutMillis.ifPresent(millis -> info.setField(SuiteMessages.field(type, "timeout_ms"), millis));
        }
        return info.build();
    }

    /** Waits as long as the first request says, unless the call is over before. */
    private void delay() {
        CountDownLatch isOver = new CountDownLatch(1);
        Context.CancellationListener listener = _ -> isOver.countDown();
        Context.current().addListener(listener, Runnable::run);
        try {
            int millis = definition
                    .map(given -> (Integer) SuiteMessages.value(given, "response_delay_ms"))
                    .orElse(0);
            boolean _ = isOver.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        } finally {
            Context.current().removeListener(listener);
        }
    }

    private void end() {
        isClosed = true;
        sendHeaders();
        Metadata trailers = definition
                .map(given -> SuiteMessages.metadata(given, "response_trailers"))
                .orElseGet(Metadata::new);
        Optional<Message> error = definition
                .filter(given -> SuiteMessages.has(given, "error"))
                .map(given -> SuiteMessages.message(given, "error"));
        if (error.isEmpty()) {
            call.close(Status.OK, trailers);
            return;
        }
        StatusRuntimeException failure = StatusProto.toStatusRuntimeException(status(error.get()), trailers);
        call.close(failure.getStatus(), requireNonNull(failure.getTrailers(), "those given above"));
    }

    private com.google.rpc.Status status(Message error) {
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
                .setCode(((com.google.protobuf.Descriptors.EnumValueDescriptor) SuiteMessages.value(error, "code"))
                        .getNumber())
                .setMessage((String) SuiteMessages.value(error, "message"));
        try {
            for (Message detail : SuiteMessages.messages(error, "details")) {
                status.addDetails(SuiteMessages.any(detail));
            }
        } catch (InvalidProtocolBufferException malformed) {
            throw new IllegalStateException("a detail was parsed before", malformed);
        }
        if (sent == 0) {
            status.addDetails(Any.pack(requestInfo()));
        }
        return status.build();
    }
}
