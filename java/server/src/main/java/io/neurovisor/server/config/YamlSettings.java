package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

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
 * Reads settings out of YAML text. Only the syntax tree is made: no value is given a YAML type ({@code on} stays what was
 * written), no tag constructs an object, and no alias is expanded, so that a small text stays small.
 */
final class YamlSettings {
    private static final int MAX_DEPTH = 20;

    private final String file;
    private final Map<String, ConfigFile.Entry> entries = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    /** @param file as it is named in messages */
    YamlSettings(String file) {
        this.file = requireNonNull(file, "file is null");
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

    /** Null for a text without anything in it, and for one that is no YAML, which is a problem then. */
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
            problems.add(file + line + ": YAML problem: " + Shown.text(String.valueOf(exception.getProblem())));
        } catch (YAMLException exception) {
            problems.add(file + ": YAML problem: " + Shown.text(String.valueOf(exception.getMessage())));
        } catch (RuntimeException exception) {
            // SnakeYAML 2.7 lets the JDK's through, for "\\UFFFFFFFF" and !a%20 among others, and may have read on by
            // then.
            problems.add(file + ":" + (reader.getLine() + 1)
                    + ": YAML problem here or before, such as an escape or a tag that is none: "
                    + Shown.text(String.valueOf(exception.getMessage())));
        }
        return null;
    }

    private void add(NodeTuple tuple) {
        String where = at(tuple.getKeyNode());
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            problems.add(where + ": a setting's name is expected here");
        } else if (Setting.named(key.getValue()).isEmpty()) {
            problems.add(
                    where + ": unknown setting \"" + Shown.text(key.getValue()) + "\"" + suggestion(key.getValue()));
        } else if (!(tuple.getValueNode() instanceof ScalarNode value)) {
            problems.add(where + ": " + key.getValue() + " has a list or a map; use one value");
        } else if (entries.putIfAbsent(key.getValue(), new ConfigFile.Entry(value.getValue(), where)) != null) {
            problems.add(where + ": " + key.getValue() + " is set twice");
        }
    }

    private static String suggestion(String written) {
        List<String> names = Setting.ALL.stream().map(Setting::name).toList();
        Optional<String> near = NearestName.of(written, names);
        return near.map(name -> "; did you mean \"" + name + "\"?")
                .orElse("; ./neurovisor config show lists all that there are");
    }

    private String at(Node node) {
        return file + ":" + (node.getStartMark().getLine() + 1);
    }
}
