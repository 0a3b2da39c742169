namespace OrleansRegistry.Billing;

/// <summary>Currencies of ISO 4217, and how many decimals of each can be paid.</summary>
internal static class Currency
{
    /// <summary>The currency of a deployment that names none.</summary>
    public const string Default = "USD";

    private const string WithNone = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    private const string WithThree = "BHD IQD JOD KWD LYD OMR TND";
    private const string WithFour = "CLF UYW";

    private const string WithTwo =
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD "
        + "EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL "
        + "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
        + "SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG";

    private static readonly Dictionary<string, int> Digits = new[] { (WithNone, 0), (WithTwo, 2), (WithThree, 3), (WithFour, 4) }
        .SelectMany(group => group.Item1.Split(' ').Select(code => KeyValuePair.Create(code, group.Item2)))
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>Says whether a text is the code of a currency.</summary>
    public static bool IsKnown(string code) => Digits.ContainsKey(code);

    /// <summary>How many decimals an amount in this currency has.</summary>
    public static int DigitsOf(string code) => Digits[code];
}
