package io.neurovisor.tests.e2b.suites;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Which tests of a suite have passed.
 *
 * @param all as {@code FILE::TEST}
 */
record SuiteResult(Set<String> all, Set<String> passed) {
    /** Reads a report of pytest or Vitest in the form of JUnit. A test whose fixture fails at its end has not passed. */
    static SuiteResult of(Path report) {
        NodeList cases = parsed(report).getElementsByTagName("testcase");
        Set<String> all = new HashSet<>();
        Set<String> others = new HashSet<>();
        for (int index = 0; index < cases.getLength(); index++) {
            Element test = (Element) cases.item(index);
            String name = name(test, all);
            all.add(name);
            if (has(test, "failure") || has(test, "error") || has(test, "skipped")) {
                others.add(name);
            }
        }
        Set<String> passed = new HashSet<>(all);
        passed.removeAll(others);
        return new SuiteResult(all, passed);
    }

    /**
     * Returns the name of a test. Pytest writes the name of a module, and a test once more if its fixture fails at its end; Vitest
     * writes a path, and tests that share a name.
     */
    private static String name(Element test, Set<String> others) {
        String place = test.getAttribute("classname");
        if (!place.endsWith(".ts")) {
            return place.replace('.', '/') + ".py::" + test.getAttribute("name");
        }
        String name = place + "::" + test.getAttribute("name");
        String numbered = name;
        for (int number = 2; others.contains(numbered); number++) {
            numbered = name + " (" + number + ")";
        }
        return numbered;
    }

    /** Returns the file of a test. */
    static String fileOf(String test) {
        return test.substring(0, test.indexOf("::"));
    }

    private static boolean has(Element test, String outcome) {
        return test.getElementsByTagName(outcome).getLength() > 0;
    }

    private static Element parsed(Path report) {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(report.toFile())
                    .getDocumentElement();
        } catch (IOException | ParserConfigurationException | SAXException exception) {
            throw new AssertionError("the suite has written no report " + report, exception);
        }
    }

    Set<String> failed() {
        Set<String> failed = new HashSet<>(all);
        failed.removeAll(passed);
        return failed;
    }
}
