package io.neurovisor.cli.run;

import static java.util.Objects.requireNonNull;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Stack;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** What {@code run} prints: the program's output, or one JSON object in a short or a full form. */
enum JsonForm {
    NONE,
    RESULT,
    FULL;

    private static final String BARE = "result";

    static final class Values implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("full").iterator();
        }
    }

    static final class Converter implements ITypeConverter<JsonForm> {
        @Override
        public JsonForm convert(String value) {
            return switch (value) {
                case BARE -> RESULT;
                case "full" -> FULL;
                default ->
                    throw new TypeConversionException("\"" + value + "\" is not allowed; use --json or --json=full");
            };
        }
    }

    /** Takes a value only after an equals sign: in {@code run --json FILE}, FILE is the program. */
    static final class AttachedOnly implements IParameterPreprocessor {
        @Override
        @SuppressWarnings("JdkObsolete") // picocli's interface has a Stack.
        public boolean preprocess(
                Stack<String> arguments, CommandSpec command, ArgSpec option, @Nullable Map<String, Object> info) {
            if (info == null || !"=".equals(info.get("separator"))) {
                arguments.push(requireNonNull(((OptionSpec) option).fallbackValue()));
            }
            return false;
        }
    }
}
