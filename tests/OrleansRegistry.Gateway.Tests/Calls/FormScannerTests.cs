using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>The field model of a form.</summary>
public sealed class FormScannerTests
{
    private const string Disposition = "Content-Disposition: form-data; name=";

    [Theory]
    [InlineData("--b\r\n" + Disposition + "\"model\"\r\n\r\niris@^1\r\n--b--\r\n", "iris@^1")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\niris\r\n--b--", "iris")]
    [InlineData("--b\r\nContent-Type: text/plain\r\ncontent-disposition:form-data; name=\"model\"\r\n\r\nm\u00fc/x\r\n--b--", "m\u00fc/x")]
    [InlineData("--b\r\n" + Disposition + "\"file\"; filename=\"model\"\r\n\r\n\r\n--\r\n--a\r\r\n\r\n--b\r\n" + Disposition + "\"model\"\r\n\r\niris\r\n--b--", "iris")]
    [InlineData("--b\r\n" + Disposition + "\"model\"\r\n\r\na\r\r\n--\rb\r\n--b--", "a\r\r\n--\rb")]
    [InlineData("--b\r\n" + Disposition + "\"empty\"\r\n\r\n\r\n--b\r\n" + Disposition + "\"model\"\r\n\r\niris\r\n--b--", "iris")]
    public void The_field_is_found_with_its_place_in_whatever_parts_the_form_came(string form, string model)
    {
        var bytes = Encoding.UTF8.GetBytes(form);
        for (var part = 1; part <= bytes.Length; part++)
        {
            var scanner = Scanner();
            foreach (var chunk in bytes.Chunk(part))
            {
                Assert.Null(scanner.Scan(chunk));
            }

            Assert.Null(scanner.AtEnd());
            Assert.Equal(model, scanner.Model);
            Assert.Equal(model, Encoding.UTF8.GetString(bytes[(int)scanner.Start..(int)scanner.End]));
        }
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("{\"model\":\"iris\"}", "body")]
    [InlineData("--b", "body")]
    [InlineData("--b--", "model")]
    [InlineData("text\r\n--b--", "body")]
    [InlineData("--c\r\n" + Disposition + "model\r\n\r\niris\r\n--c--", "body")]
    [InlineData("--b\n" + Disposition + "model\n\niris\n--b--", "body")]
    [InlineData("--b\r\n" + Disposition + "other\r\n\r\niris\r\n--b--", "model")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\n\r\n--b--", "model")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\niris", "body")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\niris\r\n--b", "body")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\niris\r\n--bx", "body")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\niris\r\n--b--x", "body")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\niris\r\n--b\r\n" + Disposition + "model\r\n\r\nother\r\n--b--", "model")]
    [InlineData("--b\r\n" + Disposition + "model\r\n" + Disposition + "other\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\nContent-Disposition: attachment; name=model\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\nContent-Disposition: form-data\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\nno header\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\n" + Disposition + "model\r\n\r\niris\r\n--b\r\n" + Disposition + "Model\r\n\r\nother\r\n--b--", "model")]
    [InlineData("--b\r\n" + Disposition + "x; name=model\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\n" + Disposition + "x; name*=utf-8''model\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\nContent-Disposition : form-data; name=model\r\n\r\niris\r\n--b--", "body")]
    [InlineData("--b\r\n" + Disposition + "x\r\n ; name=model\r\n\r\niris\r\n--b--", "body")]
    public void A_form_that_does_not_name_one_model_is_refused_by_field_in_whatever_parts_it_came(string form, string field)
    {
        var bytes = Encoding.UTF8.GetBytes(form);
        for (var part = 1; part <= Math.Max(1, bytes.Length); part++)
        {
            Assert.Equal(field, Assert.Single(Scan(bytes, part)!.Fields).Field);
        }
    }

    [Theory]
    [InlineData(8192, true)]
    [InlineData(8193, false)]
    public void The_field_and_the_head_of_a_part_are_bounded(int length, bool isTaken)
    {
        var model = $"--b\r\n{Disposition}model\r\n\r\n{new string('m', length)}\r\n--b--";
        var head = $"--b\r\n{Disposition}model\r\nX: ";
        head = head.PadRight(length - "\r\n\r\n".Length + "--b\r\n".Length - 2, 'x') + "\r\n\r\niris\r\n--b--";

        Assert.Equal(isTaken, Scan(Encoding.UTF8.GetBytes(model), 100) is null);
        Assert.Equal(isTaken, Scan(Encoding.UTF8.GetBytes(head), 100) is null);
    }

    [Fact]
    public void Text_that_is_no_utf8_is_refused() =>
        Assert.Equal("model", Assert.Single(Scan(Encoding.Latin1.GetBytes($"--b\r\n{Disposition}model\r\n\r\n\u00ff\r\n--b--"), 7)!.Fields).Field);

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=\"a \"")]
    [InlineData("multipart/form-data; boundary=a; boundary=b")]
    [InlineData("multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_form_needs_a_boundary(string type)
    {
        Assert.False(FormScanner.TryMake(Request(type), out _, out var refusal));
        Assert.Equal("Content-Type", Assert.Single(refusal!.Fields).Field);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("application/json")]
    [InlineData("multipart/mixed; boundary=b")]
    public void Other_bodies_are_no_forms(string? type)
    {
        Assert.False(FormScanner.TryMake(Request(type), out _, out var refusal));
        Assert.Null(refusal);
    }

    private static RegistryError? Scan(byte[] form, int part)
    {
        var scanner = Scanner();
        return form.Chunk(part).Select(chunk => scanner.Scan(chunk)).FirstOrDefault(found => found is not null) ?? scanner.AtEnd();
    }

    private static FormScanner Scanner()
    {
        Assert.True(FormScanner.TryMake(Request("Multipart/Form-Data; charset=utf-8; boundary=\"b\""), out var scanner, out _));
        return scanner;
    }

    private static HttpRequest Request(string? type) => new DefaultHttpContext { Request = { ContentType = type } }.Request;
}
