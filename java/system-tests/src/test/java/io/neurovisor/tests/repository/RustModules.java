package io.neurovisor.tests.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The modules of a Rust crate and the imports between them.
 *
 * <p>An import is an edge between the two sibling modules that contain its ends. A name that a module exports from a child
 * counts as the child's. Names of a module itself, used by its children, are not an edge.
 */
final class RustModules {
    private static final Pattern COMMENT = Pattern.compile("//[^\n]*");
    private static final Pattern TESTS = Pattern.compile("(?s)#\\[cfg\\(test\\)]\\s*mod tests \\{.*");
    private static final Pattern IMPORT = Pattern.compile("\\b(crate|self|super)(::\\w+)*(::\\{)?");
    private static final Pattern EXPORT = Pattern.compile("pub(?:\\(\\w+\\))? use (\\w+)::(\\w+|\\{[^}]*})");
    private static final Pattern NAME = Pattern.compile("(\\w+)(?: as (\\w+))?");

    /** The code of each module, by its path: "" is the root, "a::b" is module b in module a. */
    private final Map<String, String> code = new TreeMap<>();

    private RustModules() {}

    static RustModules in(Path sources) throws IOException {
        RustModules modules = new RustModules();
        for (Path file : mainFiles(sources)) {
            String path = sources.relativize(file).toString().replace('/', ':').replace(":", "::");
            String module = path.replaceFirst("(^|::)(main|lib|mod)\\.rs$", "").replaceFirst("\\.rs$", "");
            String text = COMMENT.matcher(Files.readString(file)).replaceAll("");
            modules.code.put(module, TESTS.matcher(text).replaceFirst(""));
        }
        return modules;
    }

    /** Returns the source files of a crate without those that contain only tests. */
    static List<Path> mainFiles(Path sources) throws IOException {
        try (Stream<Path> files = Files.walk(sources)) {
            return files.filter(file -> file.toString().endsWith(".rs"))
                    .filter(file -> !file.toString().matches(".*(/|_)tests?\\.rs"))
                    .toList();
        }
    }

    /** Returns each cycle between sibling modules as a path, for example "a -> b -> a". */
    List<String> cycles() {
        Map<String, Set<String>> edges = new TreeMap<>();
        code.forEach((module, text) -> imports(module, text).forEach(target -> addEdge(edges, module, target)));
        List<String> cycles = new ArrayList<>();
        Set<String> finished = new TreeSet<>();
        edges.keySet().forEach(module -> follow(module, edges, new ArrayList<>(), finished, cycles));
        return cycles;
    }

    private static void follow(
            String module,
            Map<String, Set<String>> edges,
            List<String> path,
            Set<String> finished,
            List<String> cycles) {
        int start = path.indexOf(module);
        path.add(module);
        if (start >= 0) {
            cycles.add(String.join(" -> ", path.subList(start, path.size())));
        } else if (finished.add(module)) {
            edges.getOrDefault(module, Set.of()).forEach(next -> follow(next, edges, path, finished, cycles));
        }
        path.removeLast();
    }

    private static void addEdge(Map<String, Set<String>> edges, String from, String to) {
        List<String> source = segments(from);
        List<String> target = segments(to);
        for (int i = 0; i < Math.min(source.size(), target.size()); i++) {
            if (!source.get(i).equals(target.get(i))) {
                edges.computeIfAbsent(String.join("::", source.subList(0, i + 1)), _ -> new TreeSet<>())
                        .add(String.join("::", target.subList(0, i + 1)));
                return;
            }
        }
    }

    /** Returns the modules that own the names in a module's code. */
    private Set<String> imports(String module, String text) {
        Set<String> imports = new TreeSet<>();
        Matcher matcher = IMPORT.matcher(text);
        while (matcher.find()) {
            if (matcher.group(3) == null) {
                imports.add(owner(module, List.of(matcher.group().split("::"))));
            } else {
                String prefix = text.substring(matcher.start(), matcher.end() - 1);
                for (String path : expand(prefix, text, matcher.end())) {
                    imports.add(owner(module, List.of(path.split("::"))));
                }
            }
        }
        return imports;
    }

    /** Returns the full paths in a group of imports that starts after an opening brace. */
    private static List<String> expand(String prefix, String text, int start) {
        List<String> paths = new ArrayList<>();
        List<String> prefixes = new ArrayList<>(List.of(prefix));
        StringBuilder path = new StringBuilder();
        for (int i = start; i < text.length() && !prefixes.isEmpty(); i++) {
            char character = text.charAt(i);
            if (character == '{') {
                prefixes.add(prefixes.getLast() + path);
                path.setLength(0);
            } else if (character == ',' || character == '}') {
                if (!path.isEmpty()) {
                    paths.add(prefixes.getLast()
                            + path.toString().replaceFirst(" as .*", "").strip());
                }
                path.setLength(0);
                if (character == '}') {
                    prefixes.removeLast();
                }
            } else if (!path.isEmpty() || !Character.isWhitespace(character)) {
                path.append(character);
            }
        }
        return paths;
    }

    /** Returns the module that owns the name at the end of a path. */
    private String owner(String module, List<String> path) {
        String owner = path.getFirst().equals("crate") ? "" : module;
        for (String name : path) {
            if (name.equals("super")) {
                owner = owner.contains("::") ? owner.substring(0, owner.lastIndexOf("::")) : "";
            } else if (!name.equals("crate") && !name.equals("self")) {
                String child = child(owner, name);
                if (!code.containsKey(child)) {
                    return exporter(owner, name);
                }
                owner = child;
            }
        }
        return owner;
    }

    /** Returns the child from which a module exports a name, or the module itself. */
    private String exporter(String module, String name) {
        Matcher export = EXPORT.matcher(code.getOrDefault(module, ""));
        while (export.find()) {
            Matcher names = NAME.matcher(export.group(2));
            while (names.find()) {
                String exported = names.group(2) == null ? names.group(1) : names.group(2);
                String child = child(module, export.group(1));
                if (exported.equals(name) && code.containsKey(child)) {
                    return exporter(child, names.group(1));
                }
            }
        }
        return module;
    }

    private static String child(String module, String name) {
        return module.isEmpty() ? name : module + "::" + name;
    }

    private static List<String> segments(String module) {
        return module.isEmpty() ? List.of() : List.of(module.split("::"));
    }
}
