package vmm.usage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageCsvTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    muon            | muon
                    a,b             | "a,b"
                    say "x"         | "say ""x\"""
                    =1+1            | '=1+1
                    +1              | '+1
                    -1              | '-1
                    @SUM(A1)        | '@SUM(A1)
                    =cmd,"x"        | "'=cmd,""x\"""
                    """)
    void noFieldIsTakenForAFormula(String text, String field) {
        assertThat(UsageCsv.field(text)).isEqualTo(field);
    }
}
