package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What is shown of what a guest wrote. */
class ConsoleTextTest {

    @Test
    void secretsOfTheVmAreBlottedOutAlsoWhereEscapesHideThem() {
        assertThat(
                        ConsoleText.shown(
                                "token: hun\u001b[0mter2\npassword=s3cret!\n",
                                List.of("hunter2", "s3cret")))
                .isEqualTo("token: ***\npassword=***!\n");
    }

    @Test
    void aTerminalThatItIsShownInObeysNothingOfIt() {
        assertThat(
                        ConsoleText.shown(
                                "\u001b[1;31mred\u001b[0m \u001b]0;title\u0007tab\there\r\n"
                                        + "\u001b(Bbell\u0007 \u009b2Jend\u001b",
                                List.of()))
                .isEqualTo("red tab\there\nBbell 2Jend");
    }

    @Test
    void onlyTheLastLinesAreShown() {
        String many =
                IntStream.rangeClosed(1, 250)
                        .mapToObj(n -> "line " + n + "\n")
                        .collect(Collectors.joining());
        assertThat(ConsoleText.shown(many, List.of()).lines())
                .hasSize(200)
                .startsWith("line 51")
                .endsWith("line 250");
        assertThat(ConsoleText.shown("", List.of())).isEmpty();
    }
}
