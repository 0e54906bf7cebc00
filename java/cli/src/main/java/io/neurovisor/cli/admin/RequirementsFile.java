package io.neurovisor.cli.admin;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads a file of pip requirements. Its lines are interpreted by pip. */
record RequirementsFile(Path file) {
    private static final int MAX_BYTES = 1 << 20;

    List<String> lines() {
        if (!Files.isRegularFile(file)) {
            throw invalid(Files.exists(file) ? "is not a file" : "does not exist");
        }
        try (InputStream input = Files.newInputStream(file)) {
            byte[] bytes = input.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw invalid("has more than " + MAX_BYTES + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString()
                    .lines()
                    .toList();
        } catch (CharacterCodingException exception) {
            throw invalid("is not UTF-8 text");
        } catch (IOException exception) {
            throw invalid("cannot be read (" + StorageFaults.reason(exception) + ")");
        }
    }

    private NeuroVisorException invalid(String problem) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, "requirements file " + file + " " + problem);
    }
}
