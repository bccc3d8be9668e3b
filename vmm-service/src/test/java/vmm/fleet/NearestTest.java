package vmm.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** What somebody meant who wrote a name that is not there. */
class NearestTest {
    private static final List<String> SIZES =
            List.of("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge");

    /** As EC2 names them, 490 of them. */
    private static List<String> flavors() {
        var flavors = new ArrayList<String>();
        for (var letter : List.of("c", "m", "r", "t", "g", "p", "x"))
            for (int generation = 3; generation <= 7; generation++)
                for (var chip : List.of("i", "a"))
                    for (var size : SIZES) flavors.add(letter + generation + chip + "." + size);
        return flavors;
    }

    private static List<String> near(String written) {
        return Nearest.some(written, flavors(), 3);
    }

    @Test
    void aLetterThatIsMissingIsFoundAmongHundreds() {
        assertThat(near("m7i.xlage").getFirst()).isEqualTo("m7i.xlarge");
        assertThat(near("m7i-xlarge").getFirst()).isEqualTo("m7i.xlarge");
        assertThat(near("M7i.Xlarge").getFirst()).isEqualTo("m7i.xlarge");
    }

    @Test
    void aSizeThatDoesNotExistLeadsToOthersOfItsFamily() {
        assertThat(near("m7i.3xlarge")).allMatch(name -> name.startsWith("m7i."));
        assertThat(near("m7i.24xlarge").getFirst()).startsWith("m7i.");
    }

    @Test
    void aGenerationThatDoesNotExistLeadsToTheSameSizeOfAnother() {
        assertThat(near("m8i.xlarge")).isNotEmpty().allMatch(name -> name.endsWith("i.xlarge"));
        assertThat(near("m8i.xlarge").getFirst()).startsWith("m");
    }

    @Test
    void aFamilyWithoutASizeLeadsToItsSizes() {
        assertThat(near("r6a")).hasSize(3).allMatch(name -> name.startsWith("r6a."));
    }

    @Test
    void theBeginningOfANameThatGoesOnIsFound() {
        var images = List.of("daaas-muon-2026-10-01", "daaas-sans-2026-10-01", "ubuntu-24.04");
        assertThat(Nearest.some("daaas-muon", images, 3)).containsExactly("daaas-muon-2026-10-01");
        assertThat(Nearest.some("Ubuntu 24.04 LTS", images, 3)).containsExactly("ubuntu-24.04");
    }

    @Test
    void whatIsLikeNothingLeadsNowhere() {
        assertThat(near("Standard_D4s_v5")).isEmpty();
        assertThat(near("x")).isEmpty();
        assertThat(Nearest.some("m7i.xlarge", List.of(), 3)).isEmpty();
        assertThat(Nearest.some("a".repeat(5_000), List.of("b".repeat(5_000)), 3)).isEmpty();
    }

    @Test
    void idsThatLookAlikeByChanceAreNotOffered() {
        var ids = List.of("ami-0a1b2c3d4e5f67890", "ami-0fedcba9876543210");
        assertThat(Nearest.some("ami-0123456789abcdef0", ids, 3)).isEmpty();
        assertThat(Nearest.some("ami-0a1b2c3d4e5f67891", ids, 3)).containsExactly(ids.getFirst());
    }
}
