package io.neurovisor.host.debian;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Comparator;
import java.util.List;

/** A Debian package in an image. */
public record InstalledPackage(String name, String version, String architecture, String source, String sourceVersion) {
    /** The dpkg-query format that {@link #parse} reads. */
    public static final String QUERY_FORMAT =
            String.join("\\t", "${Package}", "${Version}", "${Architecture}", "${source:Package}", "${source:Version}")
                    + "\\n";

    private static final int FIELDS = 5;

    public InstalledPackage {
        requireNonNull(name, "name is null");
        requireNonNull(version, "version is null");
        requireNonNull(architecture, "architecture is null");
        requireNonNull(source, "source is null");
        requireNonNull(sourceVersion, "sourceVersion is null");
    }

    public static List<InstalledPackage> parse(String lines) {
        return lines.lines()
                .map(InstalledPackage::parseLine)
                .sorted(Comparator.comparing(InstalledPackage::name).thenComparing(InstalledPackage::architecture))
                .toList();
    }

    private static InstalledPackage parseLine(String line) {
        String[] fields = line.split("\t", -1);
        if (fields.length != FIELDS) {
            throw new NeuroVisorException(
                    Fault.IMAGE_BUILD_FAILED, "dpkg-query described a package as \"%s\"".formatted(line));
        }
        return new InstalledPackage(fields[0], fields[1], fields[2], fields[3], fields[4]);
    }
}
