"""The look of panels in JupyterLab, light and dark, by the variables of its theme."""

from __future__ import annotations

STYLE = """<style>
.ak-panel{font-size:13px;line-height:1.45;color:var(--jp-content-font-color1,#1b2733)}
.ak-panel p{margin:.35em 0;max-width:75em}
.ak-panel .ak-head{font-size:15px;font-weight:600;margin:.2em 0 .4em}
.ak-panel .ak-note{opacity:.78}
.ak-panel .ak-warn{border-left:4px solid #d55e00;padding:.3em .7em;margin:.5em 0;
 background:var(--jp-layout-color2,#f6f3ef)}
.ak-panel ul{margin:.2em 0 .5em;padding-left:1.6em}
.ak-panel .ak-warn ul{margin:.2em 0;padding-left:1.3em}
.ak-panel table.ak-table{border-collapse:collapse;width:100%;margin:.3em 0;font-size:12.5px;table-layout:auto}
.ak-panel table.ak-table:not(:has(th.ak-wide,th:nth-child(6))):is(:has(th.ak-number),:not(:has(th:nth-child(4)))){
 width:auto;min-width:36em}
.ak-panel .ak-table caption{text-align:left;font-weight:600;padding:.3em 0}
.ak-panel .ak-table th,.ak-panel .ak-table td{text-align:left!important;vertical-align:top;padding:4px 10px 4px 6px;
 white-space:normal;max-width:34em;overflow-wrap:break-word}
.ak-panel .ak-table th.ak-mid{min-width:10em}.ak-panel .ak-table th.ak-wide{min-width:16em}
.ak-panel .ak-table th.ak-w4{min-width:4ch}.ak-panel .ak-table th.ak-w6{min-width:6ch}
.ak-panel .ak-table th.ak-w8{min-width:8ch}.ak-panel .ak-table th.ak-w10{min-width:10ch}
.ak-panel .ak-table th.ak-w12{min-width:12ch}.ak-panel .ak-table th.ak-w14{min-width:14ch}
.ak-panel .ak-table th.ak-w16{min-width:16ch}.ak-panel .ak-table th.ak-w18{min-width:18ch}
.ak-panel .ak-table th.ak-w20{min-width:20ch}.ak-panel .ak-table th.ak-w22{min-width:22ch}
.ak-panel .ak-table th.ak-w24{min-width:24ch}
.ak-panel .ak-long{overflow-wrap:anywhere}.ak-panel .ak-table td.ak-time,.ak-k{white-space:nowrap}
.ak-panel .ak-scroll{overflow-x:auto}.widget-html-content:has(>.ak-panel){min-width:0}
.ak-panel table.ak-table tbody tr{background:none!important}
.ak-panel .ak-table th{border-bottom:2px solid var(--jp-border-color1,#9aa7b3);font-weight:600;overflow-wrap:normal}
.ak-panel .ak-table td{border-bottom:1px solid var(--jp-border-color2,#dde3e8)}
.ak-panel .ak-table td.ak-number,
.ak-panel .ak-table th.ak-number{text-align:right!important;font-variant-numeric:tabular-nums}
.ak-panel .ak-critical,.ak-panel .ak-high,.ak-panel .ak-medium,.ak-panel .ak-low,.ak-panel .ak-info{
 white-space:nowrap!important;border-left:5px solid #999}
.ak-panel .ak-critical{border-left-color:#7a1f5c!important;font-weight:700}
.ak-panel .ak-high{border-left-color:#d55e00!important;font-weight:600}
.ak-panel .ak-medium{border-left-color:#e69f00!important}
.ak-panel .ak-low{border-left-color:#56b4e9!important}
.ak-panel .ak-info{border-left-color:#aab4bd!important}
.ak-panel .ak-none{opacity:.78}
.ak-panel .ak-code{font:10px monospace;border:1px solid currentColor;border-radius:3px;padding:0 2px}
.ak-panel .ak-facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:.4em 0}
.ak-panel .ak-facts dt{opacity:.78;font-weight:400;width:auto;float:none}
.ak-panel .ak-facts dd{margin:0;width:auto;overflow-wrap:anywhere}
.ak-panel figure{margin:.6em 0;background:#fff;border-radius:4px;display:inline-block;max-width:100%}
.ak-panel figure img{max-width:100%;height:auto;display:block}
.ak-panel .ak-tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(185px,1fr));gap:8px;margin:.6em 0}
.ak-panel .ak-tile{background:var(--jp-layout-color2,#f4f6f8);border-radius:5px;padding:8px 12px;display:flex;
 flex-direction:column}
.ak-panel .ak-tile strong{font-size:21px;font-variant-numeric:tabular-nums}
.ak-panel .ak-tile span:last-child{opacity:.78}
.ak-pill{display:inline-block;font-size:11.5px;line-height:18px;padding:0 7px 0 6px;border-radius:3px;
 background:var(--jp-layout-color2,#f4f6f8);color:var(--jp-content-font-color1,#1b2733);border-left:5px solid #999}
.ak-pill.ak-critical{border-left-color:#7a1f5c;font-weight:700}.ak-pill.ak-high{border-left-color:#d55e00;
 font-weight:600}
.ak-pill.ak-medium{border-left-color:#e69f00}.ak-pill.ak-low{border-left-color:#56b4e9}
.ak-cell{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden;line-height:1.35;
 margin:3px 0;overflow-wrap:break-word;white-space:normal;font-size:12.5px}
.ak-cell.ak-name{-webkit-line-clamp:5}.ak-any{overflow-wrap:anywhere}
.ak-tight .jupyter-button{padding:0 3px;font-size:12px}
.ak-weeks .jupyter-button{padding:0 1px;font-size:12px;height:38px;line-height:1.35;white-space:pre-line}
.ak-weeks .jupyter-button:not(:disabled){font-weight:600}
.jupyter-button.ak-bad{border-left:5px solid #d55e00;font-weight:600}
.jupyter-button.ak-unsure{border-left:5px solid #e69f00}.jupyter-button.ak-extra{border-left:5px solid #56b4e9}
.ak-grid{align-items:center}.ak-grid .widget-html-content{line-height:1.35}
.ak-tick .widget-label-basic{gap:0}
.ak-tick .widget-label-basic span:not(:empty){position:absolute;width:1px;height:1px;overflow:hidden;
 clip-path:inset(50%)}
.ak-detail{border-left:1px solid var(--jp-border-color2,#dde3e8);padding-left:12px;box-sizing:border-box}
.ak-detail .ak-panel table.ak-table.ak-table{width:100%!important;min-width:0!important}
.ak-detail .ak-panel .ak-table th{min-width:9ch!important;overflow-wrap:normal}
.ak-detail .ak-panel .ak-table td{overflow-wrap:anywhere;white-space:normal!important}
.ak-detail .ak-panel .ak-facts{grid-template-columns:max-content minmax(0,1fr)}
</style>"""
