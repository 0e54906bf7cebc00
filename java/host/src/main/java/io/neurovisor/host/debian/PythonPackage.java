package io.neurovisor.host.debian;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;

/** A Python package that pip has installed in an image. */
public record PythonPackage(String name, String version) {
    public PythonPackage {
        requireNonNull(name, "name is null");
        requireNonNull(version, "version is null");
    }

    /** Reads lines of {@code pip list --format=freeze}. */
    public static List<PythonPackage> parse(String lines) {
        return lines.lines().map(PythonPackage::parseLine).toList();
    }

    private static PythonPackage parseLine(String line) {
        String[] fields = line.split("==", -1);
        if (fields.length != 2) {
            throw new NeuroVisorException(
                    Fault.IMAGE_BUILD_FAILED, "pip described a package as \"%s\"".formatted(line));
        }
        return new PythonPackage(fields[0], fields[1]);
    }
}
