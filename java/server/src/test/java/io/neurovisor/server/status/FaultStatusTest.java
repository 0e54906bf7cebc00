package io.neurovisor.server.status;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.protobuf.StatusProto;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.proto.execution.ExecuteRequest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FaultStatusTest {
    @ParameterizedTest
    @EnumSource
    void everyFaultHasACodeForItsKind(Fault fault) throws InvalidProtocolBufferException {
        Status status = status(new NeuroVisorException(fault, "what happened"));
        ErrorInfo info = detail(status, ErrorInfo.class).orElseThrow();

        assertThat(status.getMessage()).isEqualTo("what happened");
        assertThat(info.getReason()).isEqualTo(fault.name());
        assertThat(info.getDomain()).isEqualTo("neurovisor");
        assertThat(status.getCode()).isNotEqualTo(Code.OK_VALUE).isNotEqualTo(Code.UNKNOWN_VALUE);
        assertThat(detail(status, RetryInfo.class).isPresent())
                .isEqualTo(fault.kind() == FaultKind.CAPACITY || fault.kind() == FaultKind.SANDBOX);
        if (fault.kind() == FaultKind.CALLER) {
            assertThat(status.getCode())
                    .isIn(
                            Code.INVALID_ARGUMENT_VALUE,
                            Code.NOT_FOUND_VALUE,
                            Code.ABORTED_VALUE,
                            Code.UNIMPLEMENTED_VALUE,
                            Code.FAILED_PRECONDITION_VALUE,
                            Code.ALREADY_EXISTS_VALUE,
                            Code.PERMISSION_DENIED_VALUE,
                            Code.CANCELLED_VALUE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"code", "arguments", "environment", "stdin", "files", "timeout", "size"})
    void namesTheInvalidFieldAsInTheRequest(String argument) throws InvalidProtocolBufferException {
        Status status = status(NeuroVisorException.invalid(argument, "it is wrong"));
        String field = detail(status, BadRequest.class)
                .orElseThrow()
                .getFieldViolations(0)
                .getField();
        assertThat(ExecuteRequest.getDescriptor().findFieldByName(field)).isNotNull();
    }

    @Test
    void valuesNameTheInvalidArgument() {
        assertThat(argumentOf(() -> new Program(Language.PYTHON, " "))).isEqualTo("code");
        assertThat(argumentOf(() -> new Program(Language.PYTHON, "1", List.of("\0"))))
                .isEqualTo("arguments");
    }

    private static String argumentOf(Runnable construction) {
        try {
            construction.run();
            throw new AssertionError("nothing was wrong");
        } catch (NeuroVisorException exception) {
            return exception.argument();
        }
    }

    private static Status status(NeuroVisorException exception) {
        return requireNonNull(StatusProto.fromThrowable(FaultStatus.of(exception)));
    }

    private static <M extends Message> Optional<M> detail(Status status, Class<M> type)
            throws InvalidProtocolBufferException {
        for (Any any : status.getDetailsList()) {
            if (any.is(type)) {
                return Optional.of(any.unpack(type));
            }
        }
        return Optional.empty();
    }
}
