package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Enforces the limits on the size of files, methods and packages in CONTRIBUTING.md. */
final class SourceLimitsTest {
    private static final int MAIN_LINES = 300;
    private static final int TEST_LINES = 500;
    private static final int METHOD_LINES = 40;
    private static final int PACKAGE_FILES = 25;

    /** Larger packages, files and methods, which are to be split. The list must not grow. */
    private static final Set<String> EXCEPTIONS =
            Set.of("Config.java#of", "DaemonWiring.java#start", "FaultStatus.java#code", "Target.java#of");

    @Test
    void filesAreSmall() {
        List<String> large = javaSources()
                .filter(file -> RepositoryFiles.lines(file).size() > (isMain(file) ? MAIN_LINES : TEST_LINES))
                .map(file -> file.getFileName().toString())
                .filter(name -> !EXCEPTIONS.contains(name))
                .toList();
        assertThat(large).isEmpty();
    }

    @Test
    void packagesAreSmall() {
        Map<Path, Long> packages =
                javaSources().collect(Collectors.groupingBy(Path::getParent, TreeMap::new, Collectors.counting()));
        packages.keySet()
                .removeIf(directory -> EXCEPTIONS.contains(
                        RepositoryFiles.HOME.relativize(directory).toString()));
        assertThat(packages)
                .allSatisfy((directory, files) ->
                        assertThat(files).as(directory.toString()).isLessThanOrEqualTo(PACKAGE_FILES));
    }

    @Test
    void methodsAreShort() throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null,
                    files,
                    null,
                    List.of(),
                    null,
                    files.getJavaFileObjectsFromPaths(
                            javaSources().filter(SourceLimitsTest::isMain).toList()));
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            List<String> methods = new ArrayList<>();
            for (CompilationUnitTree unit : task.parse()) {
                methods.addAll(longMethods(unit, positions));
            }
            methods.removeAll(EXCEPTIONS);
            assertThat(methods).isEmpty();
        }
    }

    private static List<String> longMethods(CompilationUnitTree unit, SourcePositions positions) {
        List<String> methods = new ArrayList<>();
        new TreeScanner<@Nullable Void, @Nullable Void>() {
            @Override
            public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
                long first = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, method));
                long last = unit.getLineMap().getLineNumber(positions.getEndPosition(unit, method));
                if (last - first + 1 > METHOD_LINES) {
                    String file =
                            Path.of(unit.getSourceFile().toUri()).getFileName().toString();
                    methods.add(file + "#" + method.getName());
                }
                return super.visitMethod(method, null);
            }
        }.scan(unit, null);
        return methods;
    }

    private static Stream<Path> javaSources() {
        return RepositoryFiles.texts()
                .filter(file ->
                        file.toString().endsWith(".java") && file.startsWith(RepositoryFiles.HOME.resolve("java")));
    }

    private static boolean isMain(Path file) {
        return file.toString().contains("/src/main/");
    }
}
