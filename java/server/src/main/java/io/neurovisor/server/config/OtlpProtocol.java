package io.neurovisor.server.config;

/**
 * A protocol of OTLP (OpenTelemetry Protocol, section "Protocol Details").
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/">OTLP</a>
 */
public enum OtlpProtocol {
    /** Chosen by the port and the path of the address. */
    AUTO("auto"),
    GRPC("grpc"),
    HTTP_PROTOBUF("http/protobuf");

    private final String label;

    OtlpProtocol(String label) {
        this.label = label;
    }

    /** Returns the name that OpenTelemetry uses. */
    public String label() {
        return label;
    }
}
