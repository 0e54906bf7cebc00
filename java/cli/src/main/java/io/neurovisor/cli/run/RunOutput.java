package io.neurovisor.cli.run;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import io.neurovisor.cli.console.FileTarget;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.SkippedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The destination of a program's output and files: the standard streams or one JSON object, and a directory or none. */
final class RunOutput implements AutoCloseable {
    private final @Nullable OutputDirectory directory;
    private final DiscardedFiles unwanted = new DiscardedFiles();
    private final CapturedFiles captured = new CapturedFiles();
    private final CapturedOutput capturedOutput;
    private final JsonForm json;
    private final Launch launch;

    private RunOutput(@Nullable OutputDirectory directory, JsonForm json, Launch launch) {
        this.launch = launch;
        this.directory = directory;
        this.json = json;
        this.capturedOutput = new CapturedOutput(directory == null ? captured : directory);
    }

    static RunOutput of(@Nullable Path out, JsonForm json, Launch launch) {
        return new RunOutput(out == null ? null : OutputDirectory.open(out), json, launch);
    }

    OutputSink sink() {
        if (json != JsonForm.NONE) {
            return capturedOutput;
        }
        return streams(directory == null ? unwanted : directory);
    }

    /** Returns the files of {@code out/} that could not be saved on the host. */
    List<SkippedFile> unsaved() {
        return directory == null ? List.of() : directory.unsaved();
    }

    /** Prints the JSON object, if any, and returns remarks for the user. */
    List<String> finish(ExecutionRequest request, ExecutionResult result, RunOrigin origin, Duration total) {
        if (json != JsonForm.NONE) {
            StandardStreams streams = streams(unwanted);
            new JsonReport(request, result, capturedOutput, origin, total, json)
                    .write(streams.stdoutStream(), this::writeFiles);
            streams.stdout(ByteBuffer.wrap(new byte[] {'\n'}));
        }
        String hint = unwanted.hint();
        return hint.isEmpty() ? List.of() : List.of(hint);
    }

    private StandardStreams streams(FileTarget files) {
        return new StandardStreams(launch.out(), launch.err(), files);
    }

    @Override
    public void close() {
        if (directory != null) {
            directory.close();
        }
    }

    private void writeFiles(JsonGenerator generator) throws IOException {
        generator.writeStartArray();
        if (directory == null) {
            for (CapturedFiles.CapturedFile file : captured.files()) {
                generator.writeStartObject();
                generator.writeStringField("path", file.path());
                generator.writeNumberField("bytes", file.content().length);
                generator.writeBinaryField("content_base64", file.content());
                generator.writeEndObject();
            }
        } else {
            for (OutputDirectory.SavedFile file : requireNonNull(directory).saved()) {
                generator.writeStartObject();
                generator.writeStringField("path", file.path());
                generator.writeNumberField("bytes", file.bytes());
                generator.writeStringField("saved_as", file.location().toString());
                generator.writeEndObject();
            }
        }
        generator.writeEndArray();
    }
}
