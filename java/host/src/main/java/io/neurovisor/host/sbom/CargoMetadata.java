package io.neurovisor.host.sbom;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The output of {@code cargo metadata}, as far as it concerns crates that are compiled into programs. */
final class CargoMetadata {
    private final Map<String, JsonNode> packages = new HashMap<>();
    private final Map<String, JsonNode> nodes = new HashMap<>();

    private CargoMetadata(JsonNode metadata) {
        metadata.path("packages").forEach(found -> packages.put(found.path("id").asText(), found));
        metadata.path("resolve")
                .path("nodes")
                .forEach(node -> nodes.put(node.path("id").asText(), node));
    }

    static CargoMetadata read(Path file) {
        try {
            return new CargoMetadata(new ObjectMapper().readTree(Files.readAllBytes(file)));
        } catch (IOException failure) {
            throw StorageFaults.of("read Cargo's metadata in", file, failure);
        }
    }

    /**
     * Returns the programs and all crates that are compiled into them, by name and version, without crates that only
     * build or test others or run inside the compiler.
     */
    List<Crate> compiledInto(List<String> programs) {
        Map<String, Crate> found = new TreeMap<>();
        Deque<String> open = new ArrayDeque<>();
        for (String program : programs) {
            open.add(packages.entrySet().stream()
                    .filter(entry -> entry.getValue().path("name").asText().equals(program))
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElseThrow(() -> missing("the program " + program)));
        }
        while (!open.isEmpty()) {
            String id = open.remove();
            Crate crate = crate(id, programs);
            if (found.putIfAbsent(crate.purl(), crate) == null) {
                open.addAll(used(id).toList());
            }
        }
        return List.copyOf(found.values());
    }

    private Crate crate(String id, List<String> programs) {
        JsonNode described = described(id);
        String name = described.path("name").asText();
        String license = described.path("license").asText("");
        if (license.isEmpty()) {
            throw missing("the licence of crate " + name);
        }
        List<String> dependencies = used(id).map(this::purl).sorted().toList();
        // An older form, in which a slash means "or".
        return new Crate(
                name,
                described.path("version").asText(),
                license.replaceAll(" */ *", " OR "),
                dependencies,
                programs.contains(name));
    }

    private String purl(String id) {
        JsonNode described = described(id);
        return Crate.purl(
                described.path("name").asText(), described.path("version").asText());
    }

    private JsonNode described(String id) {
        JsonNode described = packages.get(id);
        if (described == null) {
            throw missing("the package " + id);
        }
        return described;
    }

    private Stream<String> used(String id) {
        return children(requireNonNull(nodes.getOrDefault(id, described(id))).path("deps"))
                .filter(dependency -> children(dependency.path("dep_kinds")).anyMatch(CargoMetadata::isCompiledIn))
                .map(dependency -> dependency.path("pkg").asText())
                .filter(child -> !runsInTheCompiler(child));
    }

    /** Returns whether a dependency becomes part of programs, not only of build scripts, tests or fuzzing. */
    private static boolean isCompiledIn(JsonNode kind) {
        return kind.path("kind").isNull() && !kind.path("target").asText("").equals("cfg(fuzzing)");
    }

    private boolean runsInTheCompiler(String id) {
        return children(described(id).path("targets"))
                .flatMap(target -> children(target.path("kind")))
                .anyMatch(kind -> kind.asText().equals("proc-macro"));
    }

    private static Stream<JsonNode> children(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false);
    }

    private static NeuroVisorException missing(String what) {
        return new NeuroVisorException(Fault.INTERNAL, "Cargo's metadata lacks " + what);
    }
}
