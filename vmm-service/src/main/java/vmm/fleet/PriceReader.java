package vmm.fleet;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Optional;
import java.util.regex.Pattern;

/** The meaning of a cloud's prices in a fleet file's tree. */
final class PriceReader {
    private static final String CURRENCY = "currency";
    private static final Pattern CODE = Pattern.compile("[A-Z]{3}");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,6})?");

    private PriceReader() {}

    static Optional<Prices> read(Fields cloud) {
        var written = cloud.pairs("prices", "prices", null);
        if (written.isEmpty()) return Optional.empty();
        var currency = written.getOrDefault(CURRENCY, "");
        if (!CODE.matcher(currency).matches())
            cloud.problem(
                    "prices",
                    "prices need a currency of three letters, such as {currency: GBP, m1: 0.2}");
        var perHour = new HashMap<String, BigDecimal>();
        written.forEach(
                (flavor, price) -> {
                    if (flavor.equals(CURRENCY)) return;
                    if (DECIMAL.matcher(price).matches())
                        perHour.put(flavor, new BigDecimal(price));
                    else
                        cloud.problem(
                                "prices",
                                "the price of "
                                        + Fields.quoted(flavor)
                                        + " must be a number per hour, such as 0.2016");
                });
        return Optional.of(new Prices(currency, perHour));
    }
}
