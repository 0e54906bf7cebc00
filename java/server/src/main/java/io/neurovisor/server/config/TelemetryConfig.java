package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.math.BigDecimal;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The receivers of metrics, traces and logs.
 *
 * @param pushgateway where a command leaves its metrics when it ends
 * @param otlp the receiver of traces and logs
 * @param otlpProtocol the protocol of that receiver
 * @param traceSample the share of traces to record, from 0 to 1, where no client has decided
 */
public record TelemetryConfig(
        Optional<URI> pushgateway, Optional<URI> otlp, OtlpProtocol otlpProtocol, double traceSample) {
    private static final Pattern SHARE = Pattern.compile("[01](\\.\\d{1,9})?");

    public static final Setting<Optional<URI>> PUSHGATEWAY = Setting.declare(
                    "pushgateway",
                    SettingGroup.PUSH,
                    "Push metrics to this Prometheus Pushgateway at the end, also after a failure.")
            .defaultsTo("off")
            .as(SettingType.optional("off", SettingType.url("http://127.0.0.1:9092")));

    public static final Setting<Optional<URI>> OTLP = Setting.declare(
                    "otlp",
                    SettingGroup.TRACE,
                    "Send traces and logs to this OTLP receiver, such as an OpenTelemetry Collector at"
                            + " http://127.0.0.1:4317.")
            .variable("OTEL_EXPORTER_OTLP_ENDPOINT")
            .defaultsTo("off")
            .as(SettingType.optional("off", SettingType.url("http://127.0.0.1:4317")));

    public static final Setting<OtlpProtocol> OTLP_PROTOCOL = Setting.declare(
                    "otlp-protocol", SettingGroup.TRACE, "The protocol of that receiver.")
            .variable("OTEL_EXPORTER_OTLP_PROTOCOL")
            .defaultsTo(
                    "auto", "http/protobuf at port 4318 or 4319 or where the path ends in /v1/traces, otherwise grpc")
            .as(SettingType.oneOf(OtlpProtocol.values(), OtlpProtocol::label));

    public static final Setting<Double> TRACE_SAMPLE = Setting.declare(
                    "trace-sample",
                    SettingGroup.TRACE,
                    "Record this share of the traces for which no client has decided, 0 to 1.")
            .defaultsTo("1")
            .as(new SettingType<>(
                    "SHARE",
                    "a number from 0 to 1, such as 0.1",
                    List.of(),
                    text -> Optional.of(text)
                            .filter(SHARE.asMatchPredicate())
                            .map(Double::valueOf)
                            .filter(share -> share <= 1),
                    share -> BigDecimal.valueOf(share).stripTrailingZeros().toPlainString()));

    static TelemetryConfig of(SettingValues values) {
        return new TelemetryConfig(
                values.get(PUSHGATEWAY), values.get(OTLP), values.get(OTLP_PROTOCOL), values.get(TRACE_SAMPLE));
    }

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
}
