package io.neurovisor.server.setting;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads settings from YAML text. Only the syntax tree is built: values have no YAML types ({@code on} stays as it is
 * written), tags construct no objects, and aliases are not expanded, so that a small text needs little memory.
 */
final class YamlSettings {
    private static final int MAX_DEPTH = 20;

    private final String file;
    private final List<String> names;
    private final Map<String, ConfigFile.Entry> entries = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    /**
     * @param file its name in messages
     * @param names of all settings
     */
    YamlSettings(String file, List<String> names) {
        this.file = file;
        this.names = List.copyOf(names);
    }

    ConfigFile parse(String text) {
        @Nullable Node root = compose(text);
        if (root instanceof MappingNode mapping) {
            mapping.getValue().forEach(this::add);
        } else if (root != null && !root.getTag().equals(Tag.NULL)) {
            problems.add(at(root) + ": expected settings such as \"size: large\", one on each line");
        }
        return new ConfigFile(entries, problems);
    }

    /** Returns null for an empty text, and for invalid YAML, which is recorded as a problem. */
    private @Nullable Node compose(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setMaxAliasesForCollections(0);
        var reader = new StreamReader(text);
        try {
            return new Composer(new ParserImpl(reader, options), new Resolver(), options).getSingleNode();
        } catch (MarkedYAMLException exception) {
            String line = exception.getProblemMark() == null
                    ? ""
                    : ":" + (exception.getProblemMark().getLine() + 1);
            problems.add(file + line + ": YAML problem: " + Excerpt.of(String.valueOf(exception.getProblem())));
        } catch (YAMLException exception) {
            problems.add(file + ": YAML problem: " + Excerpt.of(String.valueOf(exception.getMessage())));
        } catch (RuntimeException exception) {
            // SnakeYAML 2.7 lets exceptions of the JDK through, for "\\UFFFFFFFF" and !a%20 among others. The reader
            // may
            // be past the line by then.
            problems.add(file + ":" + (reader.getLine() + 1)
                    + ": YAML problem here or before, such as an invalid escape or tag: "
                    + Excerpt.of(String.valueOf(exception.getMessage())));
        }
        return null;
    }

    private void add(NodeTuple tuple) {
        String where = at(tuple.getKeyNode());
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            problems.add(where + ": a setting's name is expected here");
        } else if (!names.contains(key.getValue())) {
            problems.add(
                    where + ": unknown setting \"" + Excerpt.of(key.getValue()) + "\"" + suggestion(key.getValue()));
        } else if (!(tuple.getValueNode() instanceof ScalarNode value)) {
            problems.add(where + ": " + key.getValue() + " has a list or a map; use one value");
        } else if (entries.putIfAbsent(key.getValue(), new ConfigFile.Entry(value.getValue(), where)) != null) {
            problems.add(where + ": " + key.getValue() + " is set twice");
        }
    }

    private String suggestion(String written) {
        Optional<String> near = NearestName.of(written, names);
        return near.map(name -> "; did you mean \"" + name + "\"?").orElse("; docs/settings.md lists all settings");
    }

    private String at(Node node) {
        return file + ":" + (node.getStartMark().getLine() + 1);
    }
}
