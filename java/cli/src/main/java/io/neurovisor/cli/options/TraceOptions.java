package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command sends what it has traced and logged. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class TraceOptions {
    @Option(
            names = "--otlp",
            paramLabel = "URL",
            description =
                    "Send traces and logs to this receiver of OTLP, such as an OpenTelemetry Collector at http://127.0.0.1:4317,"
                            + " or off. Default: off. Environment: OTEL_EXPORTER_OTLP_ENDPOINT.")
    private @Nullable String otlp;

    @Option(
            names = "--otlp-protocol",
            paramLabel = "auto|grpc|http/protobuf",
            completionCandidates = SettingCandidates.OtlpProtocols.class,
            description =
                    "How it is spoken to. Default: auto, http/protobuf at port 4318 or 4319 or where the path ends in"
                            + " /v1/traces, otherwise grpc. Environment: OTEL_EXPORTER_OTLP_PROTOCOL.")
    private @Nullable String otlpProtocol;

    @Option(
            names = "--trace-sample",
            paramLabel = "SHARE",
            description =
                    "Record this share of the traces that no client has decided of, 0 to 1. Default: 1. Environment:"
                            + " NEUROVISOR_TRACE_SAMPLE.")
    private @Nullable String traceSample;
}
