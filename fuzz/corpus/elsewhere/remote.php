<?php
$metadata["https://sp"] = ["keys" => [["signing" => true, "X509Certificate" => "AA"]], 5 => <<<E
 a
 E, array(1, -2, 0x1F, "a\t" . C::B)];
