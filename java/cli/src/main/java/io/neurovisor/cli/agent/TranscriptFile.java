package io.neurovisor.cli.agent;

import io.neurovisor.agent.calls.CallArguments;
import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes the conversation as Markdown, as it happens, so that the file is complete up to a crash. */
public final class TranscriptFile implements AgentListener, AutoCloseable {
    private final @Nullable Path file;
    private final Writer writer;

    private TranscriptFile(@Nullable Path file, Writer writer) {
        this.file = file;
        this.writer = writer;
    }

    /** Returns a transcript that writes nothing if there is no file. */
    static TranscriptFile open(@Nullable Path file, AgentTask task, String model) {
        try {
            Writer writer = file == null ? Writer.nullWriter() : Files.newBufferedWriter(file);
            return begun(new TranscriptFile(file, writer), task, model);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "--transcript " + file + " cannot be written: " + StorageFaults.reason(exception)
                            + "; choose another file",
                    exception);
        }
    }

    /** Returns a transcript that does not close its writer. */
    public static TranscriptFile to(Writer writer, AgentTask task, String model) {
        return begun(new TranscriptFile(null, writer), task, model);
    }

    private static TranscriptFile begun(TranscriptFile transcript, AgentTask task, String model) {
        transcript.write("# Agent run\n\nModel " + model + ", trace id " + task.traceId() + ".\n");
        return transcript;
    }

    @Override
    public void said(Message message) {
        switch (message) {
            case Message.Instruction(String text) -> section("Instruction", text);
            case Message.User(String text) -> section("Task", text);
            case Message.Assistant(String text, java.util.List<ToolCall> calls) -> {
                section("Model", text);
                calls.forEach(this::call);
            }
            case Message.ToolResult(ToolCall _, String text, var _) -> section("Result", fenced("text", text));
        }
    }

    @Override
    public void ended(AgentResult result) {
        section(
                "End",
                String.format(
                        Locale.ROOT,
                        "%s after %d iterations, %d tool calls, %.1f s. %s",
                        result.end(),
                        result.stats().iterations(),
                        result.stats().toolCalls(),
                        result.stats().total().toMillis() / 1000.0,
                        result.explanation()));
    }

    @Override
    public void close() {
        try {
            writer.close();
        } catch (IOException exception) {
            throw failed(exception);
        }
    }

    private void call(ToolCall call) {
        String text = CallArguments.read(call.arguments())
                .filter(arguments -> arguments.path("code").isTextual())
                .map(arguments -> fenced(
                        arguments.path("language").asText().replaceAll("\\W", ""),
                        arguments.path("code").asText()))
                .orElseGet(() -> fenced("", call.arguments()));
        section("Tool call " + call.name(), text);
    }

    private void section(String title, String text) {
        if (!text.isBlank()) {
            write("\n## " + title.strip() + "\n\n" + text.strip() + "\n");
        }
    }

    /** Chooses a fence that does not occur in the text. */
    private static String fenced(String language, String text) {
        String fence = "```";
        while (text.contains(fence)) {
            fence += "`";
        }
        return fence + language + "\n" + text + (text.endsWith("\n") ? "" : "\n") + fence;
    }

    private void write(String text) {
        try {
            writer.write(text);
            writer.flush();
        } catch (IOException exception) {
            throw failed(exception);
        }
    }

    private NeuroVisorException failed(IOException exception) {
        return new NeuroVisorException(
                Fault.STORAGE_FAILED,
                "the transcript " + file + " could not be written: " + StorageFaults.reason(exception),
                exception);
    }
}
