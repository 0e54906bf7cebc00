package io.neurovisor.cli.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.LayersJson;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.server.doctor.Diagnosis;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/** Prints {@code doctor --json}: one object on one line. */
final class DoctorJson {
    private DoctorJson() {}

    static String format(Diagnosis diagnosis) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("health", diagnosis.health().label());
            json.writeNumberField("exit_code", ExitCode.of(diagnosis.health()));
            json.writeFieldName("layers");
            LayersJson.write(json, diagnosis.layers());
            json.writeArrayFieldStart("checks");
            for (Finding finding : diagnosis.findings()) {
                json.writeStartObject();
                json.writeStringField("check", finding.check());
                json.writeStringField("verdict", finding.verdict().label());
                json.writeStringField("detail", finding.detail());
                json.writeStringField("fix", finding.fix());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("repairs");
            for (String repair : diagnosis.repairs()) {
                json.writeString(repair);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        return text.toString();
    }
}
