package io.neurovisor.tests.runner;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.platform.commons.support.AnnotationSupport;

/** The rows of {@code setup/tests.tsv}: which tests {@code ./neurovisor test} runs beside the unit tests. */
record TestTable(List<Row> rows) {
    /**
     * A class in one place, or a script.
     *
     * @param area the name for {@code --area}
     * @param place where it runs, such as {@code here} or {@code lab-firecracker}; {@code script} is a function of setup/test-parts.sh
     * @param tier {@code short} if some of its cases are in the short tier
     * @param seconds the duration of the last recorded run
     */
    record Row(String area, String place, String name, String tier, int seconds) {
        boolean isShort() {
            return tier.equals("short");
        }

        /** A unit test that needs programs which only the long tier fetches. */
        boolean isUnit() {
            return place.equals("unit");
        }

        boolean isScript() {
            return place.equals("script");
        }
    }

    static TestTable read() throws IOException {
        return new TestTable(Files.readAllLines(CommandLineRun.home().resolve("setup/tests.tsv")).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("\t", -1))
                .map(cell -> new Row(cell[0], cell[1], cell[2], cell[3], Integer.parseInt(cell[4])))
                .toList());
    }

    Stream<Row> of(String name) {
        return rows.stream().filter(row -> row.name().equals(name));
    }

    /** Returns the class of this simple name; the directory of its source determines the package. */
    static Class<?> testClass(String name) throws ClassNotFoundException {
        Path sources = CommandLineRun.home().resolve("java/system-tests/src/test/java");
        try (Stream<Path> files = Files.walk(sources)) {
            Path source = files.filter(file -> file.endsWith(name + ".java"))
                    .findFirst()
                    .orElseThrow(() -> new ClassNotFoundException(name + " has no source below " + sources));
            return Class.forName(
                    sources.relativize(source).toString().replace(".java", "").replace('/', '.'));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns whether the class, or one of its methods, is in the short tier. */
    static boolean hasShortCase(Class<?> test) {
        return isShort(test) || methods(test).anyMatch(TestTable::isShort);
    }

    /** Returns whether one of the named methods is in the short tier; without names, whether any method is. */
    static boolean hasShortCase(Class<?> test, List<String> names) {
        return isShort(test)
                || methods(test)
                        .filter(method -> names.isEmpty() || names.contains(method.getName()))
                        .anyMatch(TestTable::isShort);
    }

    private static Stream<Method> methods(Class<?> test) {
        return Stream.<Class<?>>iterate(test, type -> type != null, Class::getSuperclass)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()));
    }

    private static boolean isShort(java.lang.reflect.AnnotatedElement element) {
        return AnnotationSupport.findRepeatableAnnotations(element, Tag.class).stream()
                .anyMatch(tag -> tag.value().equals("short"));
    }
}
