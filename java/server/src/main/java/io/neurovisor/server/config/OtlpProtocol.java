package io.neurovisor.server.config;

import java.util.Arrays;
import java.util.Optional;

/**
 * How an OTLP receiver is spoken to (OpenTelemetry Protocol, section "Protocol Details").
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/">OTLP</a>
 */
public enum OtlpProtocol {
    /** As the port and the path of the address say. */
    AUTO("auto"),
    GRPC("grpc"),
    HTTP_PROTOBUF("http/protobuf");

    private final String label;

    OtlpProtocol(String label) {
        this.label = label;
    }

    /** As OpenTelemetry writes it. */
    public String label() {
        return label;
    }

    static Optional<OtlpProtocol> labelled(String text) {
        return Arrays.stream(values())
                .filter(protocol -> protocol.label.equals(text))
                .findFirst();
    }
}
