package io.neurovisor.server.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.HexFormat;
import java.util.List;

/**
 * Samples traces by the last 56 bits of their ids (W3C Trace Context level 2, section "Random trace id"), so that all
 * services with the same ratio record the same traces. These bits of a UUID are random; the last 64, which
 * OpenTelemetry's own sampler uses, are not.
 */
final class RatioSampler implements Sampler {
    private static final int RANDOM_BITS = 56;
    private static final int RANDOM_DIGITS = RANDOM_BITS / 4;

    private final double share;
    private final long least;

    /** @param share from 0 to 1 */
    RatioSampler(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share of " + share + " is not from 0 to 1");
        }
        this.share = share;
        this.least = Math.round((1 - share) * (1L << RANDOM_BITS));
    }

    @Override
    public SamplingResult shouldSample(
            Context parent, String traceId, String name, SpanKind kind, Attributes attributes, List<LinkData> links) {
        long random = HexFormat.fromHexDigitsToLong(traceId, traceId.length() - RANDOM_DIGITS, traceId.length());
        return random >= least ? SamplingResult.recordAndSample() : SamplingResult.drop();
    }

    @Override
    public String getDescription() {
        return "a share of " + share;
    }
}
